import BridgeModel
import EventLoop
import EventStore
import Transport
import Logging

/// The store: opened before anything else, and looked after while the bridge runs.
extension Bridge {
  func openStore() throws(BridgeError) {
    do throws(StoreError) {
      var random = SystemRandom()
      let store = try EventStore(
        path: configuration.storage.path, keepEvents: configuration.storage.keptEvents,
        using: &random)
      let reader = try store.makeReader()
      store.upkeep.start()
      self.store = store
      self.reader = reader
      let path = configuration.storage.path
      if FileContents.isOpenToOthers(path) {
        log.warning(
          "\(path) can be read or written by other users of this machine; run: chmod 600 \(path)")
      }
      hub = EventHub(
        loop: loop, reader: try store.makeReader(), bounds: store.bounds,
        heartbeat: configuration.server.heartbeatInterval, clock: clock
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
    let before = storageHealth?.warning
    storageHealth = store?.health
    switch (before, storageHealth?.warning) {
    case (nil, let warning?): log.warning("\(warning)")
    case (_?, nil): log.info("the store's disk is well again")
    default: break
    }
    // Where nothing is written, nobody else would find out that there is room again.
    if storageHealth?.upkeepFailure != nil { store?.upkeep.requestCheckpoint() }
    storageTimer = loop.schedule(after: Self.storageLookInterval) { [weak self] in
      self?.assumeIsolated { $0.watchStorage() }
    }
  }
}
