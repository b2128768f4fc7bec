package import BridgeModel
package import EventLoop
package import Transport
import WebSocketProtocol

/// An LNbits look-alike on real sockets, on 127.0.0.1: REST, the payment WebSocket, and the control
/// API of ``SimulatorService``. For `walletwire demo` and for tests.
///
/// ```swift
/// let server = SimulatorServer(loop: loop, scenario: .shop)
/// let port = try await server.start()
/// let wallets = await server.wallets     // names and invoice keys
/// await server.stop()
/// ```
package actor SimulatorServer {
  /// What is in it at the start.
  package enum Scenario: Sendable {
    /// Nothing; tests fill it.
    case empty
    /// The demonstration's shop, with a payment every few seconds.
    case shop
  }

  /// How often it pings, and how long it waits for the pong; LNbits' own numbers unless a test is
  /// in a hurry.
  package struct Heartbeat: Sendable, Hashable {
    package var interval: Duration
    package var timeout: Duration

    package init(interval: Duration = .seconds(20), timeout: Duration = .seconds(60)) {
      self.interval = interval
      self.timeout = timeout
    }
  }

  /// How long a peer may take to answer our Close frame.
  static let closingPatience = Duration.seconds(2)
  static let host = "127.0.0.1"

  package nonisolated let loop: EventLoop
  let heartbeat: Heartbeat
  var service: SimulatorService
  var random: SeededRandom
  var clients: [Int: SimulatorClient] = [:]
  /// Items whose delivery a binary frame has killed, as it does in LNbits.
  var deafItems: Set<String> = []

  private var wantedPort: UInt16
  private var listener: TCPListener?
  private var latestClient = 0
  private var wakeUp: TimerID?
  private var comeback: TimerID?
  private var isStopped = false
  private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: Where it lives, alone or with others.
  ///   - seed: The same seed gives the same keys and, for the shop, the same past. Nil draws one.
  ///   - port: 0 takes a free one.
  package init(
    loop: EventLoop, behaviour: Behaviour = .v1_6_2, scenario: Scenario = .empty,
    seed: UInt64? = nil, heartbeat: Heartbeat = Heartbeat(), port: UInt16 = 0
  ) {
    self.loop = loop
    self.heartbeat = heartbeat
    wantedPort = port
    random = SeededRandom(seed: seed ?? .random(in: .min ... .max))
    let now = Instant.now()
    service = SimulatorService(lnbits: SimulatedLNbits(behaviour: behaviour, now: now))
    if scenario == .shop {
      // A new LNbits has no reason to refuse a wallet; were there one, the shop would stay shut.
      service.scenario = try? DemoScenario(in: &service.lnbits, now: now, using: &random)
      service.mint = DemoMint()
    }
  }

  // MARK: Life

  /// Begins to listen on loopback.
  ///
  /// - Returns: The port.
  /// - Throws: `TransportError.system` when the port is taken or the process is out of descriptors.
  package func start() throws(TransportError) -> UInt16 {
    let listener = try TCPListener(at: Endpoint(host: Self.host, port: wantedPort), on: loop) {
      [weak self] connection in
      self?.assumeIsolated { $0.accept(connection) }
    }
    try listener.start()
    self.listener = listener
    wantedPort = listener.address.port
    pump()
    return wantedPort
  }

  /// Closes every WebSocket with 1012, as a server that is shut down in good order, and stops
  /// listening. Returns when all connections are gone, within seconds. Idempotent.
  package func stop() async {
    isStopped = true
    cancel(&wakeUp)
    cancel(&comeback)
    listener?.close()
    listener = nil
    closeSockets(code: WebSocketCloseCode.serviceRestart.rawValue)
    for client in clients.values where !client.isWebSocket { client.connection.close() }
    guard !clients.isEmpty else { return }
    await withCheckedContinuation { waitingForEnd.append($0) }
  }

  // MARK: What is inside

  package var wallets: [SimulatedWallet] { service.lnbits.ledger.wallets }

  /// Lets a test act on the simulator; frames that this causes go out at once.
  ///
  /// - Parameter work: May not wait.
  package func perform<Result: Sendable, Failure: Error>(
    _ work:
      @Sendable (inout SimulatorService, Instant, inout SeededRandom) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { pump() }
    return try work(&service, .now(), &random)
  }

  /// Somebody wants tokens of the shop's mint.
  ///
  /// - Returns: The quote's id.
  package func openMintQuote() -> String {
    defer { pump() }
    return service.mint?.openQuote(now: .now(), using: &random) ?? ""
  }

  // MARK: Time

  /// Does what is due, sends the frames that are waiting, and sets the clock for what comes next.
  func pump() {
    guard !isStopped else { return }
    let now = Instant.now()
    service.advance(to: now, using: &random)
    deliver(service.takeDeliveries())
    cancel(&wakeUp)
    guard let due = service.nextDue else { return }
    wakeUp = loop.schedule(after: due - now.uptime) { [weak self] in
      self?.assumeIsolated { $0.pump() }
    }
  }

  func cancel(_ timer: inout TimerID?) {
    if let running = timer { loop.cancel(running) }
    timer = nil
  }

  // MARK: Connections

  private func accept(_ connection: Connection) {
    latestClient += 1
    let id = latestClient
    clients[id] = SimulatorClient(connection)
    connection.open { [weak self] event in
      self?.assumeIsolated { $0.handle(event, from: id) }
    }
  }

  private func handle(_ event: ConnectionEvent, from id: Int) {
    guard let client = clients[id] else { return }
    switch event {
    case .completed: break
    case .opened(let info):
      client.address = info.address.host
    case .received(let bytes):
      switch client.mode {
      case .requests(var reader, let isAnswering):
        reader.receive(bytes)
        client.mode = .requests(reader, isAnswering: isAnswering)
        answerRequests(of: client, id: id)
      case .webSocket: receive(bytes, on: client, id: id)
      case .silent: break
      }
    case .closed:
      forget(id)
    }
  }

  private func forget(_ id: Int) {
    guard let client = clients.removeValue(forKey: id) else { return }
    cancel(&client.heartbeat)
    cancel(&client.closingDeadline)
    countListeners()
    guard isStopped, clients.isEmpty else { return }
    for waiting in waitingForEnd { waiting.resume() }
    waitingForEnd = []
  }

  // MARK: What the control API wants of a shell

  func carryOut(_ action: SimulatorService.ControlAction) {
    switch action {
    case .closeSockets(let code): closeSockets(code: code)
    case .dropSockets: dropSockets()
    case .goAway(let pause, let code):
      if let code { closeSockets(code: code) } else { dropSockets() }
      listener?.close()
      listener = nil
      deafItems = []
      for client in clients.values where !client.isWebSocket { client.connection.close() }
      cancel(&comeback)
      comeback = loop.schedule(after: pause) { [weak self] in
        self?.assumeIsolated { $0.comeBack() }
      }
    }
  }

  private func comeBack() {
    guard !isStopped, listener == nil else { return }
    // Somebody else may have taken the port: try again until it is free.
    if (try? start()) == nil {
      comeback = loop.schedule(after: .milliseconds(50)) { [weak self] in
        self?.assumeIsolated { $0.comeBack() }
      }
    }
  }

  private func dropSockets() {
    for client in clients.values where client.isWebSocket { client.connection.abort() }
  }
}
