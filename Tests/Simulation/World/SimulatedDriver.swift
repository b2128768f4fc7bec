import Bridge
import BridgeModel
import LNbitsSimulator
import Storage

/// Carries out what a source decides, as `SourceDriver` does, in a process that may die before each
/// effect.
final class SimulatedDriver {
  let name: String
  private(set) var source: any Source
  private var key: String
  let gateway: SimulatedGateway
  private unowned let process: BridgeProcess
  private unowned let world: World
  private var random: SeededRandom
  private var socket: (id: SocketID, connection: SimulatedSocket)?
  private var timer: (ticket: Agenda.Ticket, due: Duration)?
  /// Inputs that wait until the effects of those before them are carried out.
  private var inbox: [SourceInput] = []
  /// Not carried out yet.
  private var effects: [SourceEffect] = []
  private var isHandling = false
  /// The store has not answered yet: nothing else reaches the source before.
  private var isHeld = false

  init(
    _ source: any Source, key: String, gateway: SimulatedGateway, process: BridgeProcess,
    world: World
  ) {
    name = source.name
    self.source = source
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
    key = upstream.key(ofWallet: id)
    take(.reconnect(keyFingerprint: BridgeProcess.fingerprint(key)))
  }

  func dropSocket() {
    socket?.connection.abort()
    socket = nil
  }

  func take(_ input: SourceInput) {
    inbox.append(input)
    pump()
  }

  private func pump() {
    guard !isHandling else { return }
    isHandling = true
    defer { isHandling = false }
    while process.isAlive, !isHeld {
      if !effects.isEmpty {
        guard process.step() else { return }
        carryOut(effects.removeFirst())
      } else if !inbox.isEmpty {
        handle(inbox.removeFirst())
      } else {
        return
      }
    }
  }

  private func handle(_ input: SourceInput) {
    effects += source.handle(input, now: world.bridgeTime, using: &random)
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
    case .sendPing(let id, let payload):
      if socket?.id == id { socket?.connection.ping(payload) }
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
    isHeld = true
    process.load(identity) { [weak self] result in
      switch result {
      case .success(let book): self?.handle(.book(book))
      case .failure(let error): self?.handle(.commitFailed(error.description))
      }
      self?.isHeld = false
      self?.pump()
    }
  }

  private func publish(_ commit: Commit) {
    isHeld = true
    process.append(commit, from: name) { [weak self] error in
      if let error { self?.world.trace("\(self?.name ?? ""): \(error)") }
      self?.handle(error.map { .commitFailed($0.description) } ?? .committed)
    } end: { [weak self] in
      self?.isHeld = false
      self?.pump()
    }
  }

  private func setTimer(_ due: Duration?) {
    guard due != timer?.due else { return }
    if let timer { world.agenda.cancel(timer.ticket) }
    timer = due.map { due in
      let ticket = world.agenda.plan(at: max(due, world.uptime)) { [weak self] in
        self?.timer = nil
        self?.take(.wake)
      }
      return (ticket, due)
    }
  }

  private func takeSocketEvent(_ event: SimulatedSocket.Event, _ id: SocketID) {
    guard socket?.id == id else { return }
    switch event {
    case .opened: take(.socketOpened(id))
    case .activity: take(.socketActivity(id))
    case .text(let text): take(.socketText(id, text))
    case .pong(let payload): take(.socketPong(id, payload))
    case .failed(let failure):
      socket = nil
      take(.socketFailed(id, failure))
    case .closed(let code, let reason):
      socket = nil
      take(.socketClosed(id, code: code, reason: reason))
    }
  }

  private func takeSocket(_ id: SocketID) -> SimulatedSocket? {
    guard let open = socket, open.id == id else { return nil }
    socket = nil
    return open.connection
  }
}
