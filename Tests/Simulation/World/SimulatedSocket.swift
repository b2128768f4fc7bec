import BridgeModel
import LNbitsSimulator
import WebSocketProtocol

/// A WebSocket between the bridge and an upstream: the real protocol at both ends, the network
/// between them.
final class SimulatedSocket {
  /// What its driver is told; the same as the bridge's own socket tells.
  enum Event {
    case opened
    case activity
    case text(String)
    case pong([UInt8])
    case failed(UpstreamFailure)
    case closed(code: Int, reason: String)
  }

  let key: String
  private let upstream: Upstream
  private unowned let world: World
  private var client = WebSocketConnection(role: .client)
  private var server = WebSocketConnection(role: .server)
  private var random: SeededRandom
  private let onEvent: (Event) -> Void
  /// The bridge still listens.
  private var isWanted = true
  private var isOpen = false
  /// Bytes get through.
  private var isAlive = true
  private var lastArrival: [Duration] = [.zero, .zero]

  init(to upstream: Upstream, key: String, world: World, onEvent: @escaping (Event) -> Void) {
    self.upstream = upstream
    self.key = key
    self.world = world
    self.onEvent = onEvent
    random = world.chance.split()
  }

  // MARK: For the bridge

  func open() {
    let latency = world.chance.milliseconds(5...120)
    if upstream.has(.hangs) {
      return fail(.timeout, after: Plan.requestTimeout)
    } else if upstream.has(.refuses) {
      return fail(.network, after: latency)
    } else if upstream.has(.dropsUpgrade) {
      return fail(.upgradeRefused(status: 405), after: latency)
    } else if upstream.has(.badGateway) {
      return fail(.upgradeRefused(status: 502), after: latency)
    } else if upstream.has(.rateLimited), world.chance.happens(0.3) {
      return fail(.upgradeRefused(status: 429), after: latency)
    }
    world.after(latency) { [self] in
      guard isWanted else { return }
      upstream.sockets.append(self)
      arrive(to: .client) { [self] in
        isOpen = true
        tell(.opened)
      }
    }
    // As the bridge's own socket has it: a network may fall silent in the middle of a handshake.
    world.after(Plan.requestTimeout) { [self] in
      guard isWanted, !isOpen else { return }
      fail(.timeout, after: .zero)
      forget()
    }
  }

  private func fail(_ kind: UpstreamFailure.Kind, after delay: Duration) {
    world.after(delay) { [self] in
      isAlive = false
      tell(.failed(UpstreamFailure(kind, "the network of the simulation")))
      isWanted = false
    }
  }

  func ping(_ payload: [UInt8]) {
    try? client.ping(payload, using: &random)
    flushClient()
  }

  func close(code: UInt16) {
    try? client.close(WebSocketCloseCode(rawValue: code), using: &random)
    flushClient()
    isWanted = false
  }

  /// The bridge lets go of it, or is no more.
  func abort() {
    isWanted = false
    guard isAlive else { return forget() }
    arrive(to: .server) { [self] in forget() }
  }

  // MARK: For the upstream

  func sendText(_ text: String) {
    try? server.send(text: text, using: &random)
    flushServer()
  }

  /// The first part of a frame arrives, then the connection is gone.
  func cutFrame(_ text: String) {
    try? server.send(text: text, using: &random)
    let bytes = server.takeOutput()
    world.trace("\(upstream.url): a frame is cut")
    transmit(Array(bytes.prefix(world.chance.number(1...bytes.count - 1))), to: .client)
    closeFromServer(code: 1006)
  }

  /// Bytes that are no frame.
  func sendNonsense() {
    transmit([0xFF, 0x7F, 0x00, 0x12], to: .client)
  }

  func closeFromServer(code: UInt16) {
    if code != 1006 {
      try? server.close(WebSocketCloseCode(rawValue: code), using: &random)
      flushServer()
    }
    arrive(to: .client) { [self] in
      guard isWanted else { return }
      tell(.closed(code: 1006, reason: ""))
      isWanted = false
    }
    forget()
  }

  /// From now on nothing gets through, and nobody is told.
  func freeze() {
    isAlive = false
  }

  private func forget() {
    upstream.sockets.removeAll { $0 === self }
  }

  // MARK: Bytes

  private enum End: Int {
    case client
    case server
  }

  private func flushClient() {
    transmit(client.takeOutput(), to: .server)
  }

  private func flushServer() {
    transmit(server.takeOutput(), to: .client)
  }

  private func transmit(_ bytes: [UInt8], to end: End) {
    guard !bytes.isEmpty else { return }
    let cut = world.chance.number(0...bytes.count)
    arrive(to: end) { [self] in
      for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty {
        receive(Array(piece), at: end)
      }
    }
  }

  /// In order for each end, as TCP has it.
  private func arrive(to end: End, _ action: @escaping () -> Void) {
    let due = max(lastArrival[end.rawValue], world.uptime + world.chance.milliseconds(2...60))
    lastArrival[end.rawValue] = due
    world.agenda.plan(at: due) { [self] in
      if isAlive { action() }
    }
  }

  private func receive(_ bytes: [UInt8], at end: End) {
    guard end == .client else {
      let events = server.receive(bytes, using: &random)
      flushServer()
      for event in events {
        switch event {
        case .closed, .failed: forget()
        case .text, .binary, .ping, .pong: break
        }
      }
      return
    }
    guard isWanted else { return }
    let events = client.receive(bytes, using: &random)
    flushClient()
    tell(.activity)
    for event in events where isWanted {
      switch event {
      case .text(let text): tell(.text(text))
      case .pong(let payload): tell(.pong(payload))
      case .binary, .ping: break
      case .closed(let closure):
        tell(.closed(code: Int(closure.code.rawValue), reason: closure.reason))
        isWanted = false
      case .failed(let error):
        tell(.closed(code: 1002, reason: "\(error)"))
        isWanted = false
        forget()
      }
    }
  }

  private func tell(_ event: Event) {
    guard isWanted else { return }
    onEvent(event)
  }
}
