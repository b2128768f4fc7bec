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
    /// What the disk holds while it is watched; frozen once the power has gone.
    var surface: DiskSurface?
    var watchedDatabase = ""
    var operationsUntilCut: Int?
    var onCut: (@Sendable () -> Void)?
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
    afterOperations count: Int, keeping fate: () -> DiskSurface.Fate
  ) -> [String: [UInt8]] {
    var surface = DiskSurface()
    for operation in state.withLock({ $0.operations.prefix(count) }) { surface.note(operation) }
    return surface.files(keeping: fate)
  }

  // MARK: Power cuts while it goes on

  /// From now on it is known what the disk holds of a database, which begins with these files.
  package func watch(_ database: String, from files: [String: [UInt8]]) {
    state.withLock { state in
      state.watchedDatabase = database
      state.surface = DiskSurface(files)
      state.operationsUntilCut = nil
      state.onCut = nil
    }
  }

  /// The power will go after so many more operations: from then on nothing that is written is there
  /// afterwards, though nobody notices yet. Nil: it will not.
  ///
  /// - Parameter onCut: Called at that moment.
  package func cutPower(afterOperations count: Int?, onCut: @escaping @Sendable () -> Void = {}) {
    state.withLock { state in
      state.operationsUntilCut = count
      state.onCut = onCut
    }
  }

  package var isCut: Bool { state.withLock { $0.operationsUntilCut == 0 } }

  /// What the disk holds now, or held when the power went.
  package func files(keeping fate: () -> DiskSurface.Fate) -> [String: [UInt8]] {
    state.withLock { $0.surface }?.files(keeping: fate) ?? [:]
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

  func note(_ name: FileName, _ change: @autoclosure () -> Operation.Change) {
    let file = name.suffix
    let cut = state.withLock { state -> (@Sendable () -> Void)? in
      let isWatched = state.surface != nil && name.database == state.watchedDatabase
      guard state.isRecording || (isWatched && state.operationsUntilCut != 0) else { return nil }
      let operation = Operation(file: file, change: change())
      if state.isRecording { state.operations.append(operation) }
      guard isWatched else { return nil }
      state.surface?.note(operation)
      guard let left = state.operationsUntilCut else { return nil }
      state.operationsUntilCut = left - 1
      return left == 1 ? state.onCut : nil
    }
    cut?()
  }
}

/// A database's file, or one beside it.
struct FileName {
  /// The path of the database.
  let database: String
  /// What stands behind it: nothing, `-wal`, `-journal`.
  let suffix: String

  init(_ path: String) {
    let suffix = ["-wal", "-journal"].first { path.hasSuffix($0) } ?? ""
    database = String(path.dropLast(suffix.count))
    self.suffix = suffix
  }
}
