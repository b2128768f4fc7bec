import Logging
import BridgeModel
import EventLoop
import LNbitsSource
import Transport

/// Which sources there are, and which connections are wanted.
extension Bridge {
  // MARK: Registration

  /// The one place that knows the kinds of sources.
  func add(_ wallet: WalletSettings) throws(BridgeError) {
    let key = wallet.invoiceKey
    let upstream = wallet.upstream
    let gateway = try gateway(for: wallet.url, upstream)
    let source = LNbitsSource(
      LNbitsConfiguration(
        name: wallet.name, origin: wallet.url.description,
        keyFingerprint: Self.fingerprint(key, at: wallet.url),
        trust: wallet.trust, outgoingBalance: wallet.outgoingBalance,
        usesSocket: upstream.usesWebSocket, reconcileInterval: upstream.reconcileInterval,
        reconnect: upstream.reconnect,
        heartbeatInterval: upstream.heartbeatInterval, heartbeatTimeout: upstream.heartbeatTimeout),
      now: clock.now())
    let driver = SourceDriver(
      source, key: key,
      options: UpstreamOptions(
        requestTimeout: upstream.requestTimeout, maximumMessageBytes: upstream.maximumMessageBytes),
      gateway: gateway, loop: loop, clock: clock, support: self, log: log)
    entries.append(
      SourceEntry(
        settings: wallet, driver: driver, gateway: gateway,
        identity: BookIdentity(
          origin: wallet.url.description, keyFingerprint: Self.fingerprint(key, at: wallet.url))))
  }

  /// A hash that stands for the key, and tells nothing of it.
  private static func fingerprint(_ key: Secret, at url: UpstreamURL) -> String {
    let text = "walletwire\n\(url)\n\(key.revealed)"
    return Cryptography.sha256(Array(text.utf8)).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  private func gateway(
    for url: UpstreamURL, _ upstream: UpstreamSettings
  ) throws(BridgeError) -> OriginGateway {
    let key = UpstreamRoute.Key(url: url, upstream: upstream)
    if let gateway = gateways[key] { return gateway }
    let route: UpstreamRoute
    do throws(TransportError) {
      route = try UpstreamRoute(key)
    } catch {
      throw .source("\(url): \(error)")
    }
    let gateway = OriginGateway(
      route: route, requestsPerMinute: upstream.requestsPerMinute, loop: loop, clock: clock
    ) { [weak self] until in
      self?.assumeIsolated { bridge in
        for entry in bridge.entries where entry.gateway.route.url == url {
          entry.driver.feed(.rateLimited(until: until))
        }
      }
    }
    gateways[key] = gateway
    return gateway
  }

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

  /// By hand: attempts reset, the socket replaced, the key read again.
  func reconnect(at indices: [Int]) {
    for index in indices where entries[index].settings.upstream.isEnabled {
      entries[index].isPaused = false
      let entry = entries[index]
      entries[index].told = .connected
      let key = currentKey(of: entry.settings)
      let fingerprint = Self.fingerprint(key, at: entry.settings.url)
      entries[index].identity.keyFingerprint = fingerprint
      entry.driver.replaceKey(key)
      entry.driver.feed(.reconnect(keyFingerprint: fingerprint))
    }
    updateWanted()
  }

  /// The key as its file holds it now; the one known before where the file cannot be read.
  private func currentKey(of wallet: WalletSettings) -> Secret {
    do throws(ConfigurationError) {
      return try wallet.readingKeyAgain().invoiceKey
    } catch {
      log.error("\(error)")
      return wallet.invoiceKey
    }
  }

  // MARK: Reload

  /// Takes over another configuration: added wallets connect, removed ones disconnect, unchanged ones keep their
  /// sockets, and keys that changed in their files are taken up.
  package func reload(_ next: Configuration) {
    let before = configuration
    configuration = next
    if next.server != before.server || next.storage != before.storage {
      log.warning("changes under [server] and [storage] take effect at the next start")
    }
    for entry in entries where !next.wallets.contains(entry.settings) {
      entry.driver.feed(.stop(.stopping))
      log.info("\(entry.settings.name): disconnected by the new configuration")
    }
    entries.removeAll { !next.wallets.contains($0.settings) }
    for wallet in next.wallets where !entries.contains(where: { $0.settings == wallet }) {
      do throws(BridgeError) {
        try add(wallet)
      } catch {
        log.error("\(error)")
      }
    }
    let order = next.wallets.map(\.name)
    entries.sort { left, right in
      order.firstIndex(of: left.settings.name) ?? 0 < order.firstIndex(of: right.settings.name) ?? 0
    }
    updateWanted()
  }
}
