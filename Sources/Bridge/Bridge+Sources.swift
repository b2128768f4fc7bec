import BridgeModel
import EventLoop
import Logging

/// Which sources there are, and which connections are wanted.
extension Bridge {
  // MARK: Wanted connections

  /// How long nobody may watch before a socket that is only for watchers is closed: a page that is loaded anew
  /// does not cost a reconnect.
  private static let unwatchedGrace: Duration = .seconds(10)

  /// Tells each source whether a connection is wanted, if that has changed.
  func updateWanted() {
    for index in entries.indices {
      let wanted = wanted(entries[index])
      guard wanted != entries[index].told else { continue }
      entries[index].told = wanted
      switch wanted {
      case .connected: entries[index].driver.feed(.start)
      case .down(let reason): entries[index].driver.feed(.stop(reason))
      }
    }
  }

  private func wanted(_ entry: SourceEntry) -> SourceEntry.Wanted {
    if !entry.settings.upstream.isEnabled { return .down(.disabled) }
    if entry.isPaused { return .down(.paused) }
    let isWatched = (hub?.subscriberCount ?? 0) > 0 || unwatchedTimer != nil
    if entry.settings.upstream.pausesWhenUnwatched, !isWatched { return .down(.unwatched) }
    return .connected
  }

  /// A subscriber came or went.
  func subscribersChanged() {
    if let timer = unwatchedTimer { loop.cancel(timer) }
    unwatchedTimer = nil
    if hub?.subscriberCount == 0 {
      unwatchedTimer = loop.schedule(after: Self.unwatchedGrace) { [weak self] in
        self?.assumeIsolated { bridge in
          bridge.unwatchedTimer = nil
          bridge.updateWanted()
        }
      }
    }
    updateWanted()
  }

  func setPaused(_ isPaused: Bool, at indices: [Int]) {
    for index in indices { entries[index].isPaused = isPaused }
    updateWanted()
  }

  /// By hand: attempts reset, the socket replaced, the key read again first.
  func reconnect(at indices: [Int]) {
    for index in indices where entries[index].settings.upstream.isEnabled {
      entries[index].isPaused = false
      entries[index].told = .connected
      reconnectWithCurrentKey(entries[index].settings)
    }
    updateWanted()
  }

  // MARK: Reload

  /// Takes over another configuration: added wallets connect, removed ones disconnect, unchanged ones keep their
  /// sockets, and keys that changed in their files are taken up.
  package func reload(_ next: Configuration) {
    let before = configuration
    configuration = next
    knownSecrets.insertSecrets(of: next)
    if next.server != before.server || next.storage != before.storage {
      log.warning("changes under [server] and [storage] take effect at the next start")
    }
    let wanted = next.sources
    for entry in entries where !wanted.contains(entry.settings) {
      entry.driver.feed(.stop(.stopping))
      log.info("\(entry.name): disconnected by the new configuration")
    }
    entries.removeAll { !wanted.contains($0.settings) }
    for source in wanted where !entries.contains(where: { $0.settings == source }) {
      do throws(BridgeError) {
        try add(source)
      } catch {
        log.error("\(error)")
      }
    }
    let order = wanted.map(\.name)
    entries.sort { left, right in
      order.firstIndex(of: left.name) ?? 0 < order.firstIndex(of: right.name) ?? 0
    }
    updateWanted()
  }
}
