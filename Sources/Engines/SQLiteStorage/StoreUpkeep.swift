import Glibc
import Storage
import Synchronization

/// Checkpoints, on a connection of their own, and what is known of the disk. From any thread.
final class StoreUpkeep: Sendable {
  /// Nothing here waits for a lock for long: a checkpoint that is held up is done another time.
  private static let busyTimeoutMilliseconds: CInt = 20

  private struct State {
    /// Nil once closed.
    var database: Database?
    /// Why the last checkpoint failed; nil when it did not.
    var failure: StorageError?
  }

  private let path: String
  private let state: Mutex<State>

  init(path: String, vfs: String?) throws(StorageError) {
    self.path = path
    state = Mutex(
      State(
        database: try Database(
          path: path, access: .readWrite, busyTimeoutMilliseconds: Self.busyTimeoutMilliseconds,
          vfs: vfs)))
  }

  /// Copies what stands in the WAL into the file. A full disk shows here before it stops a write.
  func checkpoint() {
    state.withLock { state in
      do throws(StorageError) {
        _ = try state.database?.checkpoint(.passive)
        state.failure = nil
      } catch {
        state.failure = error
      }
    }
  }

  func health() -> StorageHealth {
    // Where nothing is written, nobody else would find out that there is room again.
    if state.withLock({ $0.failure != nil }) { checkpoint() }
    return StorageHealth(
      freeBytes: Self.freeBytes(at: path), sizeBytes: sizeBytes,
      failure: state.withLock { $0.failure })
  }

  func close() {
    state.withLock { $0.database = nil }
  }

  /// With what stands in the WAL.
  private var sizeBytes: Int64? {
    var database = stat()
    guard stat(path, &database) == 0 else { return nil }
    var log = stat()
    return Int64(database.st_size) + (stat(path + "-wal", &log) == 0 ? Int64(log.st_size) : 0)
  }

  /// What an ordinary user may still write there. The C function is `statvfs`.
  static func freeBytes(at path: String) -> Int64? {
    var system = statvfs()
    guard statvfs(path, &system) == 0 else { return nil }
    let (bytes, overflows) = Int64(clamping: system.f_bavail)
      .multipliedReportingOverflow(by: Int64(clamping: system.f_frsize))
    return overflows ? .max : bytes
  }
}
