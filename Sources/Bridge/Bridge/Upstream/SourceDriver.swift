import BridgeModel
import EventLoop
import Logging
import SourceRuntime
import Transport

/// Carries out what a source decides, whatever kind of source it is.
///
/// One for each source, on the loop. Inputs go in by ``feed(_:)``; effects go to a socket, to the
/// origin's gateway, to the bridge or into a timer, in the order in which the source gave them.
actor SourceDriver {
  private nonisolated let loop: EventLoop
  private let clock: SystemClock
  private let gateway: OriginGateway
  private let options: UpstreamOptions
  private unowned let support: any SourceSupport
  private let log: Logger
  private var runtime: SourceRuntime
  private var random = SystemRandom()
  private var key: Secret
  /// Keys of which the source is still to be told, by their fingerprints.
  private var nextKeys: [String: Secret] = [:]
  private var socket: (id: SocketID, connection: UpstreamSocket)?
  private var timer: TimerID?
  private var isPumping = false

  nonisolated let name: String
  nonisolated let kind: SourceKind

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    _ source: any Source, key: Secret, options: UpstreamOptions, gateway: OriginGateway,
    loop: EventLoop, clock: SystemClock, support: any SourceSupport, log: Logger
  ) {
    name = source.name
    kind = source.kind
    runtime = SourceRuntime(source)
    self.key = key
    self.options = options
    self.gateway = gateway
    self.loop = loop
    self.clock = clock
    self.support = support
    self.log = log
  }

  // MARK: For the bridge, on the loop

  /// Without a secret of ours in its words.
  nonisolated var status: SourceStatus {
    assumeIsolated { $0.support.secretMask.masked($0.runtime.source.status) }
  }

  nonisolated var wallet: WalletView? { assumeIsolated { $0.runtime.source.wallet } }

  /// Something happened to the source.
  nonisolated func feed(_ input: SourceInput) {
    assumeIsolated { $0.take(input) }
  }

  /// By hand: connect anew, with this key from then on.
  nonisolated func reconnect(with key: Secret, fingerprint: String) {
    assumeIsolated { driver in
      driver.nextKeys[fingerprint] = key
      driver.take(.reconnect(keyFingerprint: fingerprint))
    }
  }

  // MARK: Inputs and effects

  private func take(_ input: SourceInput) {
    runtime.receive(input)
    pump()
  }

  private func pump() {
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    while let effect = runtime.next(
      now: clock.now(), masking: support.secretMask, using: &random)
    {
      switch effect {
      case .useKey(let fingerprint): useKey(fingerprint)
      case .of(let effect): carryOut(effect)
      }
    }
  }

  private func useKey(_ fingerprint: String) {
    key = nextKeys.removeValue(forKey: fingerprint) ?? key
  }

  private func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, let request):
      openSocket(id, request)
    case .sendText(_, let text):
      socket?.connection.send(text: text)
    case .sendPing(_, let payload):
      socket?.connection.ping(payload)
    case .closeSocket(let id, let code):
      takeSocket(id)?.close(code: code)
    case .abortSocket(let id):
      takeSocket(id)?.abort()
    case .request(let id, let request):
      ask(request, id)
    case .cancel(let id):
      gateway.cancel(id, from: name)
    case .loadBook(let identity):
      load(identity)
    case .commit(let commit):
      append(commit)
    case .stateChanged:
      support.stateChanged(of: name)
    case .wake(let due):
      setTimer(due)
    case .log(let line):
      write(line)
    }
  }

  private func ask(_ request: UpstreamRequest, _ id: RequestID) {
    gateway.submit(request, id: id, from: name, key: key, options: options) { [weak self] answer in
      self?.assumeIsolated { driver in
        switch answer {
        case .success(let response): driver.take(.response(id, response))
        case .failure(let failure): driver.take(.requestFailed(id, failure))
        }
      }
    }
  }

  private func load(_ identity: BookIdentity) {
    support.loadBook(identity) { [weak self] result in
      self?.assumeIsolated { driver in
        switch result {
        case .success(let book): driver.answered(.book(book))
        case .failure(let error): driver.answered(.commitFailed(error.message))
        }
      }
    }
  }

  private func append(_ commit: Commit) {
    support.append(commit, from: name) { [weak self] error in
      self?.assumeIsolated { driver in
        driver.answered(error.map { .commitFailed($0.message) } ?? .committed)
      }
    }
  }

  private func answered(_ answer: SourceInput) {
    runtime.answer(answer, now: clock.now(), using: &random)
    // Subscribers are told before anything that the source wants now is carried out.
    loop.execute { [weak self] in self?.assumeIsolated { $0.pump() } }
  }

  private func setTimer(_ due: Duration?) {
    if let timer { loop.cancel(timer) }
    timer = due.map { due in
      loop.schedule(after: max(.zero, due - clock.now().uptime)) { [weak self] in
        self?.assumeIsolated { driver in
          driver.timer = nil
          driver.take(.wake)
        }
      }
    }
  }

  private func write(_ line: SourceLog) {
    let level: Logger.Level =
      switch line.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      }
    guard level >= log.logLevel else { return }
    let message = support.secretMask.masked(line.message)
    log.log(level: level, "\(message)", metadata: ["source": "\(name)"])
  }

  // MARK: Socket

  private func openSocket(_ id: SocketID, _ request: SocketRequest) {
    log.debug(
      "connecting to \(gateway.route.url)\(request.path)\(request.appendsKey ? "***" : "")",
      metadata: ["source": "\(name)"])
    let connection = UpstreamSocket(
      loop: loop, route: gateway.route,
      path: request.appendsKey ? request.path + key.revealed : request.path, options: options
    ) { [weak self] event in
      self?.assumeIsolated { $0.takeSocketEvent(event, id) }
    }
    socket = (id, connection)
    connection.open()
  }

  private func takeSocketEvent(_ event: UpstreamSocket.Event, _ id: SocketID) {
    switch event {
    case .opened: take(.socketOpened(id))
    case .activity: take(.socketActivity(id))
    case .texts(let texts):
      runtime.receive(texts.map { .socketText(id, $0) })
      pump()
    case .pong(let payload): take(.socketPong(id, payload))
    case .failed(let failure):
      _ = takeSocket(id)
      take(.socketFailed(id, failure))
    case .closed(let code, let reason):
      _ = takeSocket(id)
      take(.socketClosed(id, code: code, reason: reason))
    }
  }

  private func takeSocket(_ id: SocketID) -> UpstreamSocket? {
    guard let open = socket, open.id == id else { return nil }
    socket = nil
    return open.connection
  }
}
