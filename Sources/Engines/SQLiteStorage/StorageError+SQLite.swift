import CSQLite
import Glibc
import Storage

extension StorageError {
  /// What an SQLite result code means here.
  ///
  /// - Parameters:
  ///   - code: An extended result code.
  ///   - systemError: The `errno` behind it, 0 if none.
  ///   - message: What SQLite says about it.
  ///   - path: The database file.
  init(sqlite code: CInt, systemError: CInt, message: String, path: String) {
    let cause: Cause =
      switch code {
      case Self.databaseMoved: .vanished
      default:
        switch code & 0xff {
        case SQLITE_FULL: .full
        case SQLITE_IOERR where Self.meansFull(systemError): .full
        case SQLITE_IOERR: .inputOutput
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
        case SQLITE_NOMEM: .outOfMemory
        default: .statement
        }
      }
    // SQLite has one sentence for thirty ways in which a disk can fail; its code tells which.
    let detail =
      cause == .inputOutput
      ? "\(message), SQLite's code \(code), the system's \(systemError)" : message
    self.init(cause, path: path, detail: detail)
  }

  /// What a failed system call on a file means here.
  init(systemError: CInt, path: String) {
    let cause: Cause =
      switch systemError {
      case EROFS, EACCES, EPERM: .readOnly
      case ENOMEM: .outOfMemory
      case EIO: .inputOutput
      case let other where Self.meansFull(other): .full
      default: .cannotOpen
      }
    self.init(cause, path: path, detail: String(cString: strerror(systemError)))
  }

  /// `SQLITE_READONLY_DBMOVED`, a macro that Swift cannot see.
  private static let databaseMoved = SQLITE_READONLY | (4 << 8)

  private static func meansFull(_ systemError: CInt) -> Bool {
    systemError == ENOSPC || systemError == EDQUOT || systemError == EFBIG
  }
}
