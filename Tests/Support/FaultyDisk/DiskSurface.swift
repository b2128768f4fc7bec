/// What a disk may hold when the power goes: all that was synced, and of the rest whatever it
/// likes.
package struct DiskSurface: Sendable {
  /// What an unsynced operation comes to when the power goes.
  package enum Fate: Sendable {
    case kept
    case lost
    /// The first half of a write reached the disk.
    case torn
  }

  /// By the part of the name behind the database's.
  private var files: [String: [UInt8]]
  private var unsynced: [FaultyDisk.Operation] = []

  /// - Parameter files: What is on the disk for good.
  init(_ files: [String: [UInt8]] = [:]) {
    self.files = files
  }

  /// A sync takes down what was done to its file. A deletion is a change of the directory, which
  /// SQLite syncs along with the first sync of a new WAL.
  mutating func note(_ operation: FaultyDisk.Operation) {
    guard case .sync = operation.change else { return unsynced.append(operation) }
    var synced: Set<String> = [operation.file]
    if operation.file == "-wal" { synced.formUnion(deletedFiles) }
    for earlier in unsynced where synced.contains(earlier.file) {
      Self.apply(earlier, .kept, to: &files)
    }
    unsynced.removeAll { synced.contains($0.file) }
  }

  /// Those of which a deletion is the last that was done to them.
  private var deletedFiles: Set<String> {
    var deleted: Set<String> = []
    for operation in unsynced {
      if case .delete = operation.change {
        deleted.insert(operation.file)
      } else {
        deleted.remove(operation.file)
      }
    }
    return deleted
  }

  func files(keeping fate: () -> Fate) -> [String: [UInt8]] {
    var files = files
    for operation in unsynced { Self.apply(operation, fate(), to: &files) }
    return files
  }

  private static func apply(
    _ operation: FaultyDisk.Operation, _ fate: Fate, to files: inout [String: [UInt8]]
  ) {
    guard fate != .lost else { return }
    switch operation.change {
    case .sync: return
    case .delete: files[operation.file] = nil
    case .truncate(let size):
      let surplus = max(0, (files[operation.file]?.count ?? 0) - size)
      files[operation.file]?.removeLast(surplus)
    case .write(let offset, let bytes):
      let bytes = fate == .torn ? bytes.prefix(bytes.count / 2) : bytes[...]
      let end = offset + bytes.count
      let lacking = end - (files[operation.file]?.count ?? 0)
      if lacking > 0 {
        files[operation.file, default: []].append(contentsOf: repeatElement(0, count: lacking))
      }
      files[operation.file]?.replaceSubrange(offset..<end, with: bytes)
    }
  }
}
