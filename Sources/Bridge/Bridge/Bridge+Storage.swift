import BridgeModel
import EventLoop
import Logging
import SQLiteStorage
import Storage
import Transport

/// The store: opened before anything else, and looked after while the bridge runs.
extension Bridge {
  func openStorage() throws(BridgeError) {
    let path = configuration.storage.path
    do throws(StorageError) {
      var random = SystemRandom()
      let storage = try SQLiteStorage(
        path: path, keepEvents: configuration.storage.keptEvents, using: &random,
        workers: try workers())
      self.storage = storage
      if storage.isCopy {
        log.warning(
          "\(path) is a copy, or older than what was told: subscribers begin anew (gap, epoch)")
      }
      if FileContents.isOpenToOthers(path) {
        log.warning(
          "\(path) can be read or written by other users of this machine; run: chmod 600 \(path)")
      }
      hub = EventHub(
        loop: loop, log: storage, heartbeat: configuration.server.heartbeatInterval,
        clock: clock
      ) { [weak self] in
        self?.assumeIsolated { $0.snapshot() } ?? []
      }
    } catch {
      throw .storage(error.description)
    }
  }

  private func workers() throws(StorageError) -> StorageWorkers {
    do throws(EventLoopError) {
      return try .threads(answeringOn: loop)
    } catch {
      throw StorageError(.cannotOpen, path: configuration.storage.path, detail: "\(error)")
    }
  }

  /// Between two looks at the store's disk.
  private static let storageLookInterval: Duration = .seconds(30)

  /// Looks at the store's disk now and from now on, and says once in the log that it is filling up,
  /// and that it is well again.
  func watchStorage() {
    storage?.health { [weak self] health in
      self?.assumeIsolated { $0.note(health) }
    }
    storageTimer = loop.schedule(after: Self.storageLookInterval) { [weak self] in
      self?.assumeIsolated { $0.watchStorage() }
    }
  }

  private func note(_ health: StorageHealth) {
    switch (storageHealth?.warning, health.warning) {
    case (nil, let warning?): log.warning("\(warning)")
    case (_?, nil): log.info("the store's disk is well again")
    default: break
    }
    storageHealth = health
  }
}
