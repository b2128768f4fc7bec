import EventLoop
import Logging
import Storage

/// The store: opened before anything else, and looked after while the bridge runs.
extension Bridge {
  func openStorage() throws(BridgeError) {
    do throws(StorageError) {
      let storage = try engine.open(configuration.storage, loop, log)
      self.storage = storage
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
