import BridgeModel
import EventLoop
import HTTPServer
import Logging

/// Which sources there are, and which connections are wanted.
extension Bridge {
  // MARK: Wanted connections

  /// How long nobody may watch before a socket that is only for watchers is closed: a page that is
  /// loaded anew does not cost a reconnect.
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

  /// Brings into force what can change while the bridge runs, so that what `GET /api/v1/config`
  /// shows is what is in force. Who would be let in otherwise from now on has to come in again:
  /// sessions are over with their token, streams end and are resumed by id.
  ///
  /// - Returns: whether the configuration was taken over.
  private func takeOver(_ next: Configuration) -> Bool {
    let running = configuration
    let (server, waiting) = next.server.reloaded(over: running.server)
    guard !server.isExposed else {
      log.error(
        """
        the running configuration stays in force: until the next start the bridge listens beyond \
        loopback, and needs a token
        """
      )
      return false
    }
    configuration = next
    configuration.server = server
    configuration.storage = running.storage
    let storage = StorageSettings.table.filter {
      $0.show(next.storage).text != $0.show(running.storage).text
    }
    let keys = waiting.map { "[server] \($0)" } + storage.map { "[storage] \($0.key)" }
    if !keys.isEmpty {
      log.warning("\(keys.joined(separator: ", ")): in force from the next start")
    }
    access = AccessPolicy(server)
    self.server?.setCommonHeaders(Self.securityHeaders(server))
    if server.accessToken != running.server.accessToken {
      sessions.closeAll()
      sessionsChanged()
    }
    if server.admitsOthers(than: running.server) { hub?.endAll() }
    return true
  }

  /// Takes over another configuration: added wallets connect, removed ones disconnect, unchanged
  /// ones keep their sockets, and keys that changed in their files are taken up.
  package func reload(_ next: Configuration) async {
    guard takeOver(next) else { return }
    knownSecrets.insertSecrets(of: next)
    let wanted = next.sources
    for entry in entries where !wanted.contains(entry.settings) {
      entry.driver.feed(.stop(.stopping))
      log.info("\(entry.name): disconnected by the new configuration")
    }
    entries.removeAll { !wanted.contains($0.settings) }
    for source in wanted where !entries.contains(where: { $0.settings == source }) {
      do throws(BridgeError) {
        try await add(source)
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
