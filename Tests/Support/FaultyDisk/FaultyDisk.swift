import Synchronization

/// A disk that can be full, and whose power can be cut: an SQLite VFS over the system's own.
///
/// It notes every write, truncation, deletion and sync. ``image(afterOperations:keeping:)`` tells
/// what a disk may hold when the power goes: all that was synced, and of the rest whatever it
/// likes.
package final class FaultyDisk: Sendable {
  package struct Operation: Sendable {
    package enum Change: Sendable {
      case write(offset: Int, bytes: [UInt8])
      case truncate(size: Int)
      case delete
      case sync
    }

    /// The part of the file's name behind the database's: nothing, `-wal`, `-journal`.
    package var file: String
    package var change: Change
  }

  struct State {
    var operations: [Operation] = []
    var writesUntilFull: Int?
    var isRecording = false
  }

  /// What an unsynced operation comes to when the power goes.
  package enum Fate {
    case kept
    case lost
    /// The first half of a write reached the disk.
    case torn
  }

  package let name: String
  let state = Mutex(State())

  /// Registers the VFS. It stays for the life of the process, as SQLite may hold on to it.
  package init(name: String) {
    self.name = name
    FaultyVFS.register(self)
  }

  /// From now on this many writes succeed, the next ones half do and find the disk full. Nil: there
  /// is space again.
  package func fillUp(afterWrites count: Int?) {
    state.withLock { $0.writesUntilFull = count }
  }

  package func record() {
    state.withLock { $0.isRecording = true }
  }

  package var operationCount: Int { state.withLock { $0.operations.count } }

  /// How many writes were noted to the file with this part behind the database's name.
  package func writes(to file: String) -> Int {
    state.withLock { state in
      state.operations.count { operation in
        if case .write = operation.change { operation.file == file } else { false }
      }
    }
  }

  /// What the files hold if the power goes after the first `count` operations.
  package func image(
    afterOperations count: Int, keeping fate: () -> Fate
  ) -> [String: [UInt8]] {
    let operations = state.withLock { Array($0.operations.prefix(count)) }
    var lastSync: [String: Int] = [:]
    for (index, operation) in operations.enumerated() {
      if case .sync = operation.change { lastSync[operation.file] = index }
    }
    // A deletion is a change of the directory, which SQLite syncs along with the first sync of a
    // new WAL.
    let lastDirectorySync = lastSync["-wal"] ?? -1
    var files: [String: [UInt8]] = [:]
    for (index, operation) in operations.enumerated() {
      let isDeletion = if case .delete = operation.change { true } else { false }
      let isSynced =
        index <= (isDeletion ? lastDirectorySync : lastSync[operation.file] ?? -1)
      apply(operation, fate: isSynced ? .kept : fate(), to: &files)
    }
    return files
  }

  private func apply(_ operation: Operation, fate: Fate, to files: inout [String: [UInt8]]) {
    guard fate != .lost else { return }
    var content = files[operation.file] ?? []
    switch operation.change {
    case .sync: return
    case .delete:
      files[operation.file] = nil
      return
    case .truncate(let size): content = Array(content.prefix(size))
    case .write(let offset, let bytes):
      let bytes = fate == .torn ? Array(bytes.prefix(bytes.count / 2)) : bytes
      let end = offset + bytes.count
      content.append(contentsOf: repeatElement(0, count: max(0, end - content.count)))
      content.replaceSubrange(offset..<end, with: bytes)
    }
    files[operation.file] = content
  }

  // MARK: What the VFS asks

  /// How many of these bytes may be written; all of them, unless the disk is full.
  func admit(_ count: Int) -> Int {
    state.withLock { state in
      guard let left = state.writesUntilFull else { return count }
      state.writesUntilFull = max(0, left - 1)
      return left > 0 ? count : count / 2
    }
  }

  func note(_ file: String, _ change: @autoclosure () -> Operation.Change) {
    state.withLock { state in
      guard state.isRecording else { return }
      state.operations.append(Operation(file: file, change: change()))
    }
  }
}
