package import EventLoop
package import Logging

import BridgeModel
import HTTPServer
import Storage
import Transport

/// The shell round everything: it owns the sources, the store, the stream and the server, and lives
/// on one loop.
///
/// `+Registration` makes sources, `+Sources` decides which connections are wanted, `+Publishing` is
/// the way of an event from a commit to the subscribers, `+Routes` answers requests. A bridge that
/// has started lives until ``stop()`` has returned.
package actor Bridge {
  package nonisolated let loop: EventLoop
  let clock = SystemClock()
  let log: Logger
  let version: String
  var configuration: Configuration
  var entries: [SourceEntry] = []
  var gateways: [UpstreamRoute.Key: OriginGateway] = [:]
  let engine: StorageEngine
  var storage: (any Storage)?
  var hub: EventHub?
  var server: HTTPServer?
  var files = PublicFiles.none
  var access: AccessPolicy
  /// Every secret that was ever configured in this process.
  var knownSecrets = SecretMask()
  var sessions = SessionTable()
  /// Set for when the oldest session is over.
  var sessionTimer: TimerID?
  var guesses = GuessLimit()
  var handshakes = HandshakeLog()
  /// `GET /api/v1/openapi.json`.
  lazy var openAPI = OpenAPI.document(
    version: version, basePath: configuration.server.basePath)
  /// What was published since the start, for `GET /metrics`.
  var published = PublishedCounts()
  /// Event streams for which there was no place, since the start.
  var subscribersRefused: Int64 = 0
  let startedAt: Instant
  /// Why the last write failed; nil once one has succeeded.
  var storageTrouble: String?
  /// How the store's disk was when it was looked at last; nil before the first look.
  var storageHealth: StorageHealth?
  var storageTimer: TimerID?
  var unwatchedTimer: TimerID?
  /// Key files that are being read, by their wallet.
  var keyReadings: [String: KeyReading] = [:]
  private var network: NetworkMonitor?
  /// Event streams that connections are left for, once those of ``connectionsForREST`` are put
  /// aside.
  private var streamRoom = Int.max

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// - Parameters:
  ///   - version: of the program, for `GET /api/v1/status`.
  ///   - log: gets a line for each change of state and each payment.
  ///   - engine: keeps events, books and watches.
  package init(
    configuration: Configuration, loop: EventLoop, version: String, log: Logger,
    engine: StorageEngine = .sqlite
  ) {
    self.engine = engine
    self.configuration = configuration
    self.loop = loop
    self.version = version
    self.log = log
    access = AccessPolicy(configuration.server)
    knownSecrets.insertSecrets(of: configuration)
    startedAt = clock.now()
  }

  /// Opens the store, listens, and begins to connect.
  ///
  /// - Returns: the addresses on which it serves, as URLs.
  /// - Throws: ``BridgeError``; nothing is left open then.
  package func start() async throws(BridgeError) -> [String] {
    try openStorage()
    watchStorage()
    loadFiles()
    let server: HTTPServer.Listening
    do throws(BridgeError) {
      for source in configuration.sources { try await add(source) }
      server = try await listen()
    } catch {
      await stop()
      throw error
    }
    updateWanted()
    watchNetwork()
    return server.endpoints.map { "http://\($0)\(configuration.server.basePath)" }
  }

  private func watchNetwork() {
    let monitor = NetworkMonitor(on: loop) { [weak self] in
      self?.assumeIsolated { bridge in
        bridge.log.info("the network changed")
        for entry in bridge.entries { entry.driver.feed(.networkChanged) }
      }
    }
    monitor.start()
    network = monitor
  }

  private func loadFiles() {
    let directory = configuration.server.publicDirectory
    var candidates = [directory]
    if directory == ServerSettings.defaultPublicDirectory {
      candidates.append(PublicFiles.installedDirectory)
    }
    if let files = candidates.lazy.compactMap(PublicFiles.init(directory:)).first {
      self.files = files
      for link in files.linksPassedOver {
        log.warning("\(link) is not served: it is a link that leads out of public_dir")
      }
    } else {
      log.warning("no page: public_dir \(directory) cannot be read, or is too large")
    }
  }

  private func listen() async throws(BridgeError) -> HTTPServer.Listening {
    guard let hub else { preconditionFailure("the store is opened first") }
    let settings = configuration.server
    var http = HTTPServerConfiguration(host: settings.listen.host, port: settings.listen.port)
    http.maximumConnections = settings.maximumSubscribers + Self.connectionsForREST
    http.maximumConnectionsPerAddress = settings.maximumConnectionsPerAddress
    http.commonHeaders = Self.securityHeaders(settings)
    let server = HTTPServer(
      loop: loop, configuration: http, handler: BridgeHandler(bridge: self, hub: hub))
    hub.attach(server)
    self.server = server
    do throws(HTTPServerError) {
      let listening = try await server.start()
      if listening.connectionLimit < http.maximumConnections {
        log.warning(
          "the limit on open files leaves room for \(listening.connectionLimit) connections")
      }
      let forREST = min(Self.connectionsForREST, max(1, listening.connectionLimit / 4))
      streamRoom = listening.connectionLimit - forREST
      return listening
    } catch {
      self.server = nil
      throw .listen("\(error)")
    }
  }

  /// Connections that are kept for requests when the streams have taken theirs; a quarter of all
  /// where there are few.
  private static let connectionsForREST = 1000

  /// Event streams that are admitted at once.
  var maximumSubscribers: Int { min(configuration.server.maximumSubscribers, streamRoom) }

  /// Ends every connection and every stream, after a whole event, and closes the store. Idempotent.
  package func stop() async {
    network?.stop()
    network = nil
    if let storageTimer { loop.cancel(storageTimer) }
    storageTimer = nil
    if let sessionTimer { loop.cancel(sessionTimer) }
    sessionTimer = nil
    for entry in entries { entry.driver.feed(.stop(.stopping)) }
    if let server { await server.stop(within: Self.stopLimit) }
    for gateway in gateways.values { gateway.close() }
    entries = []
    server = nil
    await storage?.close()
    storage = nil
  }

  /// Readers that do not read are cut off after this: the whole stop takes less than five seconds.
  private static let stopLimit: Duration = .seconds(3)
}

/// Why a bridge did not start; the words are for people.
package enum BridgeError: Error, Sendable, CustomStringConvertible {
  case listen(String)
  case storage(String)
  case source(String)

  package var description: String {
    switch self {
    case .listen(let reason), .storage(let reason), .source(let reason): reason
    }
  }
}
