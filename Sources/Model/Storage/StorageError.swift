/// Why the store could not do what it was asked, and what can be done about it.
package struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, whatever the engine.
  package enum Cause: Sendable, Hashable {
    /// The file, or a directory on the way to it, can be neither opened nor made.
    case cannotOpen
    /// The file or its directory may not be written.
    case readOnly
    /// No space, quota or file size left. Nothing was written; the next try may succeed.
    case full
    /// The file is not a database, or a damaged one.
    case corrupt
    /// It is a database, but of another program.
    case foreign
    /// Another process holds the store.
    case inUse
    /// A lock inside the database did not come free in time. Nothing was written; the next try may
    /// succeed.
    case busy
    /// A later release wrote it.
    case newerVersion(found: Int, known: Int)
    /// The file was deleted, moved or replaced while in use.
    case vanished
    /// The disk answered with an error.
    case inputOutput
    case outOfMemory
    /// ``Storage/close(completion:)`` came before.
    case closed
    /// The engine refused a statement: a mistake of ours.
    case statement
  }

  package let cause: Cause
  /// Where the store is: for a file its path.
  package let path: String
  /// What the system or the engine said; may be empty.
  package let detail: String

  package init(_ cause: Cause, path: String, detail: String = "") {
    self.cause = cause
    self.path = path
    self.detail = detail
  }

  /// One line: what is wrong with which file, what was said, what to do.
  package var description: String {
    let said = detail.isEmpty ? "" : " (\(detail))"
    return "storage \(path): \(problem)\(said); \(remedy)"
  }

  private var problem: String {
    switch cause {
    case .cannotOpen: "cannot be opened or created"
    case .readOnly: "cannot be written"
    case .full: "no space left"
    case .corrupt: "is damaged or not a database"
    case .foreign: "is the database of another program"
    case .inUse: "another walletwire uses it"
    case .busy: "is locked"
    case .newerVersion(let found, let known):
      "was written by a later release (schema \(found), this one knows \(known))"
    case .vanished: "was deleted, moved or replaced while in use"
    case .inputOutput: "the disk answered with an error"
    case .outOfMemory: "out of memory"
    case .closed: "is closed"
    case .statement: "refused a statement"
    }
  }

  private var remedy: String {
    switch cause {
    case .cannotOpen: "check that the path is right and its directory belongs to this user"
    case .readOnly: "give this user the right to write the file and its directory"
    case .full: "free some space; nothing was written and the next change tries again"
    case .corrupt: "move it and its -wal and -shm files away and start again, or restore a copy"
    case .foreign: "set [storage] path to a file of its own"
    case .inUse: "stop the other one, or set [storage] path to another file"
    case .busy: "close other programs that have it open; the next change tries again"
    case .newerVersion: "run that release, or set [storage] path to another file"
    case .vanished: "put it back if you can, then restart"
    case .inputOutput: "look at the system log for the disk; the next change tries again"
    case .outOfMemory: "give the process more memory"
    case .closed: "open it again"
    case .statement: "please report this"
    }
  }
}
