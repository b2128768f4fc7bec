import BridgeModel
import DequeModule
import EventLoop
import Logging
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
  private var source: any Source
  private var random = SystemRandom()
  private var key: Secret
  private var socket: (id: SocketID, connection: UpstreamSocket)?
  private var timer: (id: TimerID, due: Duration)?
  /// Inputs that wait until the effects of those before them are carried out.
  private var inbox: Deque<SourceInput> = []
  /// Not carried out yet.
  private var effects: Deque<SourceEffect> = []
  private var isHandling = false
  /// The store has not answered yet: nothing else reaches the source before.
  private var isHeld = false

  nonisolated let name: String
  nonisolated let kind: SourceKind

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    _ source: any Source, key: Secret, options: UpstreamOptions, gateway: OriginGateway,
    loop: EventLoop, clock: SystemClock, support: any SourceSupport, log: Logger
  ) {
    name = source.name
    kind = source.kind
    self.source = source
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
    assumeIsolated { $0.support.secretMask.masked($0.source.status) }
  }

  nonisolated var wallet: WalletView? { assumeIsolated { $0.source.wallet } }

  /// Something happened to the source.
  nonisolated func feed(_ input: SourceInput) {
    assumeIsolated { $0.take(input) }
  }

  /// Requests and sockets from now on use this key.
  nonisolated func replaceKey(_ key: Secret) {
    assumeIsolated { $0.key = key }
  }

  // MARK: Inputs and effects

  private func take(_ input: SourceInput) {
    take([input])
  }

  /// Inputs that came together. What the first of them raises waits behind the others, so that a
  /// source may answer them together.
  private func take(_ inputs: [SourceInput]) {
    inbox += inputs
    guard !isHandling else { return }
    isHandling = true
    defer { isHandling = false }
    while !isHeld {
      if let effect = effects.popFirst() {
        carryOut(effect)
      } else if let input = inbox.popFirst() {
        handle(input)
      } else {
        return
      }
    }
  }

  /// Effects are carried out in the order in which they were raised.
  private func handle(_ input: SourceInput) {
    effects += source.handle(input, now: clock.now(), using: &random)
  }

  private func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, let request):
      openSocket(id, request)
    case .sendText(let id, let text):
      if socket?.id == id { socket?.connection.send(text: text) }
    case .sendPing(let id, let payload):
      if socket?.id == id { socket?.connection.ping(payload) }
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
      publish(commit)
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
    isHeld = true
    support.loadBook(identity) { [weak self] result in
      self?.assumeIsolated { driver in
        switch result {
        case .success(let book): driver.answered(.book(book))
        case .failure(let error): driver.answered(.commitFailed(error.message))
        }
      }
    }
  }

  private func publish(_ commit: Commit) {
    isHeld = true
    support.append(support.secretMask.masked(commit), from: name) { [weak self] error in
      self?.assumeIsolated { driver in
        driver.answered(error.map { .commitFailed($0.message) } ?? .committed)
      }
    }
  }

  private func answered(_ answer: SourceInput) {
    handle(answer)
    isHeld = false
    // Subscribers are told before anything that the source wants now is carried out.
    loop.execute { [weak self] in self?.assumeIsolated { $0.take([]) } }
  }

  private func setTimer(_ due: Duration?) {
    guard due != timer?.due else { return }
    if let timer { loop.cancel(timer.id) }
    timer = due.map { due in
      let id = loop.schedule(after: max(.zero, due - clock.now().uptime)) { [weak self] in
        self?.assumeIsolated { driver in
          driver.timer = nil
          driver.take(.wake)
        }
      }
      return (id, due)
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
    guard socket?.id == id else { return }
    switch event {
    case .opened: take(.socketOpened(id))
    case .activity: take(.socketActivity(id))
    case .texts(let texts): take(texts.map { .socketText(id, $0) })
    case .pong(let payload): take(.socketPong(id, payload))
    case .failed(let failure):
      socket = nil
      take(.socketFailed(id, failure))
    case .closed(let code, let reason):
      socket = nil
      take(.socketClosed(id, code: code, reason: reason))
    }
  }

  private func takeSocket(_ id: SocketID) -> UpstreamSocket? {
    guard let open = socket, open.id == id else { return nil }
    socket = nil
    return open.connection
  }
}
