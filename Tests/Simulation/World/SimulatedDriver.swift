import Bridge
import BridgeModel
import LNbitsSimulator
import SourceRuntime
import Storage

/// Carries out what a source decides, as `SourceDriver` does, in a process that may die before each
/// effect.
final class SimulatedDriver {
  let name: String
  private var runtime: SourceRuntime
  private var key: String
  private var nextKeys: [String: String] = [:]
  let gateway: SimulatedGateway
  private unowned let process: BridgeProcess
  private unowned let world: World
  private var random: SeededRandom
  private var socket: (id: SocketID, connection: SimulatedSocket)?
  private var timer: Agenda.Ticket?
  private var isPumping = false

  init(
    _ source: any Source, key: String, gateway: SimulatedGateway, process: BridgeProcess,
    world: World
  ) {
    name = source.name
    runtime = SourceRuntime(source)
    self.key = key
    self.gateway = gateway
    self.process = process
    self.world = world
    random = world.chance.split()
  }

  /// By hand, with the key that the wallet has now.
  func reconnect() {
    guard let entry = world.entries.first(where: { $0.name == name }) else { return }
    let (upstream, id) = world.wallet(of: entry)
    let key = upstream.key(ofWallet: id)
    nextKeys[BridgeProcess.fingerprint(key)] = key
    take(.reconnect(keyFingerprint: BridgeProcess.fingerprint(key)))
  }

  func dropSocket() {
    socket?.connection.abort()
    socket = nil
  }

  var source: any Source { runtime.source }

  func take(_ input: SourceInput) {
    runtime.receive(input)
    pump()
  }

  private func pump() {
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    while process.isAlive,
      let effect = runtime.next(now: world.bridgeTime, masking: SecretMask(), using: &random)
    {
      guard process.step() else { return }
      switch effect {
      case .useKey(let fingerprint):
        key = nextKeys.removeValue(forKey: fingerprint) ?? key
      case .of(let effect): carryOut(effect)
      }
    }
  }

  private func answered(_ answer: SourceInput) {
    runtime.answer(answer, now: world.bridgeTime, using: &random)
  }

  var report: SourceReport {
    SourceReport(
      name: name, label: name, kind: source.kind, status: source.status, wallet: source.wallet,
      freshness: world.plan.reconcileInterval * 2)
  }

  private func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, _):
      let connection = SimulatedSocket(to: gateway.upstream, key: key, world: world) {
        [weak self] event in self?.takeSocketEvent(event, id)
      }
      socket = (id, connection)
      connection.open()
    case .sendText:
      break
    case .sendPing(_, let payload):
      socket?.connection.ping(payload)
    case .closeSocket(let id, let code):
      takeSocket(id)?.close(code: code)
    case .abortSocket(let id):
      takeSocket(id)?.abort()
    case .request(let id, let request):
      gateway.submit(request, id: id, from: name, key: key) { [weak self] answer in
        switch answer {
        case .success(let response): self?.take(.response(id, response))
        case .failure(let failure): self?.take(.requestFailed(id, failure))
        }
      }
    case .cancel(let id):
      gateway.cancel(id, from: name)
    case .loadBook(let identity):
      load(identity)
    case .commit(let commit):
      publish(commit)
    case .stateChanged:
      let status = source.status
      world.trace(
        "\(name): \(status.state.rawValue) \(status.reason?.rawValue ?? "") "
          + (status.lastError ?? "")
      )
      process.stateChanged(of: self)
    case .wake(let due):
      setTimer(due)
    case .log(let line):
      world.trace("\(name): \(line.message)")
    }
  }

  private func load(_ identity: BookIdentity) {
    process.load(identity) { [weak self] result in
      switch result {
      case .success(let book): self?.answered(.book(book))
      case .failure(let error): self?.answered(.commitFailed(error.description))
      }
      self?.pump()
    }
  }

  private func publish(_ commit: Commit) {
    process.append(commit, from: name) { [weak self] error in
      if let error { self?.world.trace("\(self?.name ?? ""): \(error)") }
      self?.answered(error.map { .commitFailed($0.description) } ?? .committed)
    } end: { [weak self] in
      self?.pump()
    }
  }

  private func setTimer(_ due: Duration?) {
    if let timer { world.agenda.cancel(timer) }
    timer = due.map { due in
      world.agenda.plan(at: max(due, world.uptime)) { [weak self] in
        self?.timer = nil
        self?.take(.wake)
      }
    }
  }

  private func takeSocketEvent(_ event: SimulatedSocket.Event, _ id: SocketID) {
    switch event {
    case .opened: take(.socketOpened(id))
    case .activity: take(.socketActivity(id))
    case .text(let text): take(.socketText(id, text))
    case .pong(let payload): take(.socketPong(id, payload))
    case .failed(let failure):
      _ = takeSocket(id)
      take(.socketFailed(id, failure))
    case .closed(let code, let reason):
      _ = takeSocket(id)
      take(.socketClosed(id, code: code, reason: reason))
    }
  }

  private func takeSocket(_ id: SocketID) -> SimulatedSocket? {
    guard let open = socket, open.id == id else { return nil }
    socket = nil
    return open.connection
  }
}
