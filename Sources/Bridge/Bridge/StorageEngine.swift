package import EventLoop
package import Logging
import SQLiteStorage
package import Storage
import Transport

/// A way to keep what a bridge keeps. Another engine is another value like ``sqlite``.
package struct StorageEngine: Sendable {
  /// Opens the store of a configuration; it answers on the loop, and what is odd about it goes to
  /// the log.
  let open: @Sendable (StorageSettings, EventLoop, Logger) throws(StorageError) -> any Storage

  package init(
    _ open:
      @escaping @Sendable (
        StorageSettings, EventLoop, Logger
      ) throws(StorageError) -> any Storage
  ) {
    self.open = open
  }

  /// One file, for one bridge.
  package static let sqlite = StorageEngine { settings, loop, log throws(StorageError) in
    var random = SystemRandom()
    let storage = try SQLiteStorage(
      path: settings.path, keepEvents: settings.keptEvents, using: &random,
      workers: try workers(for: settings, answeringOn: loop))
    if storage.isCopy {
      log.warning(
        """
        \(settings.path) is a copy, or older than what was told: subscribers begin anew (gap, epoch)
        """)
    }
    if FileContents.isOpenToOthers(settings.path) {
      log.warning(
        """
        \(settings.path) can be read or written by other users of this machine; \
        run: chmod 600 \(settings.path)
        """)
    }
    return storage
  }

  private static func workers(
    for settings: StorageSettings, answeringOn loop: EventLoop
  ) throws(StorageError) -> StorageWorkers {
    do throws(EventLoopError) {
      return try .threads(answeringOn: loop)
    } catch {
      throw StorageError(.cannotOpen, path: settings.path, detail: "\(error)")
    }
  }
}
