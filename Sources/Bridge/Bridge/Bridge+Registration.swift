import BridgeModel
import CashuSource
import EventLoop
import LNbitsSource
import Logging
import Storage
import Transport

/// The one place that knows the kinds of sources.
extension Bridge {
  /// Makes a source and its driver. It stays still until ``updateWanted()``.
  func add(_ settings: SourceSettings) async throws(BridgeError) {
    let gateway = try gateway(for: settings)
    switch settings {
    case .wallet(let wallet):
      let fingerprint = Self.fingerprint(wallet.invoiceKey, at: wallet.url)
      let driver = driver(
        Self.source(wallet, fingerprint, now: clock.now()), settings, wallet.invoiceKey, gateway)
      entries.append(
        SourceEntry(
          settings: settings, driver: driver, gateway: gateway,
          book: BookIdentity(origin: wallet.url.description, keyFingerprint: fingerprint)))
    case .mint(let mint):
      let origin = mint.url.description
      let watches = try await watches(of: origin)
      let driver = driver(Self.source(mint, now: clock.now()), settings, Self.noKey, gateway)
      driver.feed(.watch(watches))
      entries.append(
        SourceEntry(settings: settings, driver: driver, gateway: gateway, watchOrigin: origin))
    }
  }

  private func watches(of origin: String) async throws(BridgeError) -> [WatchRecord] {
    do throws(StorageError) {
      return try await storage?.watches(of: origin) ?? []
    } catch {
      throw .storage(error.description)
    }
  }

  private func driver(
    _ source: some Source, _ settings: SourceSettings, _ key: Secret, _ gateway: OriginGateway
  ) -> SourceDriver {
    let upstream = settings.upstream
    return SourceDriver(
      source, key: key,
      options: UpstreamOptions(
        requestTimeout: upstream.requestTimeout, maximumMessageBytes: upstream.maximumMessageBytes),
      gateway: gateway, loop: loop, clock: clock, support: self, log: log)
  }

  private static func source(
    _ wallet: WalletSettings, _ fingerprint: String, now: Instant
  ) -> LNbitsSource {
    let upstream = wallet.upstream
    return LNbitsSource(
      LNbitsConfiguration(
        name: wallet.name, origin: wallet.url.description, keyFingerprint: fingerprint,
        trust: wallet.trust, outgoingBalance: wallet.outgoingBalance,
        usesSocket: upstream.usesWebSocket, reconcileInterval: upstream.reconcileInterval,
        reconnect: upstream.reconnect,
        heartbeatInterval: upstream.heartbeatInterval, heartbeatTimeout: upstream.heartbeatTimeout),
      now: now)
  }

  private static func source(_ mint: MintSettings, now: Instant) -> CashuSource {
    let upstream = mint.upstream
    return CashuSource(
      CashuConfiguration(
        name: mint.name, usesSocket: upstream.usesWebSocket,
        reconcileInterval: upstream.reconcileInterval, reconnect: upstream.reconnect,
        heartbeatInterval: upstream.heartbeatInterval, heartbeatTimeout: upstream.heartbeatTimeout),
      now: now)
  }

  // MARK: Keys

  /// A mint asks for none.
  private static let noKey = Secret("")

  /// The key of a source, and what stands for it in the store.
  static func key(of settings: SourceSettings) -> (key: Secret, fingerprint: String) {
    guard case .wallet(let wallet) = settings else { return (noKey, "") }
    return (wallet.invoiceKey, fingerprint(wallet.invoiceKey, at: wallet.url))
  }

  /// A hash that stands for the key, and tells nothing of it.
  static func fingerprint(_ key: Secret, at url: UpstreamURL) -> String {
    let text = "walletwire\n\(url)\n\(key.revealed)"
    return Cryptography.sha256(Array(text.utf8)).hexadecimal
  }

  // MARK: Origins

  private func gateway(for settings: SourceSettings) throws(BridgeError) -> OriginGateway {
    let url = settings.url
    let key = UpstreamRoute.Key(url: url, upstream: settings.upstream)
    if let gateway = gateways[key] { return gateway }
    let route: UpstreamRoute
    do throws(TransportError) {
      route = try UpstreamRoute(key)
    } catch {
      throw .source("\(url): \(error)")
    }
    let gateway = OriginGateway(
      route: route, requestsPerMinute: settings.upstream.requestsPerMinute, loop: loop,
      clock: clock
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
}
