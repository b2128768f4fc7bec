import BridgeModel
@testable import LNbitsSource
import SourceRuntime
import TestSupport
import Testing

/// A wallet's source between a simulated LNbits and a simulated store, in simulated time.
///
/// Driven by what drives every source. Requests and sockets take ``latency``; the rest
/// is told by tests.
struct World {
  private var runtime: SourceRuntime
  var lnbits = LNbitsStub()
  var store = StoreStub()
  var now = Instant(uptime: .seconds(1000), wall: Timestamp(milliseconds: 1_795_000_000_123))
  var latency: Duration = .milliseconds(5)
  /// What an attempt to open a socket meets; nil: it opens.
  var socketFailure: UpstreamFailure.Kind?

  private(set) var socket: SocketID?
  private(set) var events: [BridgeEvent] = []
  private(set) var commits = 0
  private(set) var requests: [UpstreamRequest] = []
  private(set) var socketsOpened = 0
  private(set) var announcements: [SourceState] = []
  private(set) var log: [SourceLog] = []
  private var random = SeededGenerator(seed: 1)
  private var due: [(at: Duration, what: Delivery)] = []
  private var wakeAt: Duration?

  private enum Delivery {
    case answer(RequestID, UpstreamRequest)
    case socket(SocketID)
  }

  init(_ configuration: LNbitsConfiguration = World.configuration()) {
    runtime = SourceRuntime(LNbitsSource(configuration, now: now))
  }

  static func configuration(
    trust: LNbitsConfiguration.Trust = .verified,
    outgoing: LNbitsConfiguration.OutgoingBalance = .auto, usesSocket: Bool = true,
    reconnect: ReconnectPolicy = ReconnectPolicy(), key: String = "key-1"
  ) -> LNbitsConfiguration {
    LNbitsConfiguration(
      name: "main", origin: "https://lnbits.example", keyFingerprint: key, trust: trust,
      outgoingBalance: outgoing, usesSocket: usesSocket, reconnect: reconnect)
  }

  /// Started, connected and at rest, with nothing counted yet. What the wallet holds by then is its
  /// history.
  static func connected(
    _ configuration: LNbitsConfiguration = World.configuration(),
    prepare: (inout World) -> Void = { _ in }
  ) -> World {
    var world = World(configuration)
    world.lnbits.unlisted = 100_000_000
    prepare(&world)
    world.feed(.start)
    world.run(.seconds(3))
    world.forget()
    return world
  }

  var source: any Source { runtime.source }
  var status: SourceStatus { source.status }
  /// Millisatoshi.
  var balance: Int64? { source.wallet?.balance.amount.value }

  mutating func forget() {
    events = []
    commits = 0
    requests = []
    announcements = []
    log = []
  }

  /// How many requests a route got.
  func count(_ route: LNbitsStub.Route) -> Int {
    requests.count { LNbitsStub.route($0) == route }
  }

  /// A new process on the same store and the same clock.
  mutating func restart(_ configuration: LNbitsConfiguration = World.configuration()) {
    runtime = SourceRuntime(LNbitsSource(configuration, now: now))
    (socket, wakeAt, due) = (nil, nil, [])
    forget()
  }

  // MARK: What happens

  mutating func feed(_ input: SourceInput) {
    runtime.receive(input)
    while let effect = runtime.next(now: now, masking: SecretMask(), using: &random) {
      if case .of(let effect) = effect { carryOut(effect) }
    }
  }

  mutating func frame(_ text: String) {
    guard let socket else { return }
    feed(.socketText(socket, text))
  }

  mutating func close(_ code: Int) {
    guard let open = socket else { return }
    socket = nil
    feed(.socketClosed(open, code: code, reason: ""))
  }

  /// Lets time pass; answers, sockets and wakes come when they are due.
  mutating func run(_ time: Duration) {
    let end = now.uptime + time
    var wakesAtOnce = 0
    while true {
      let delivery = due.indices.min { due[$0].at < due[$1].at }
      let next = [delivery.map { due[$0].at }, wakeAt].compactMap { $0 }.min()
      guard let next, next <= end else { break }
      wakesAtOnce = next > now.uptime ? 0 : wakesAtOnce + 1
      guard wakesAtOnce < 100 else {
        Issue.record("it spins at \(now.uptime)")
        break
      }
      pass(max(.zero, next - now.uptime))
      if let delivery, due[delivery].at == next {
        deliver(due.remove(at: delivery).what)
      } else {
        wakeAt = nil
        feed(.wake)
      }
    }
    pass(end - now.uptime)
  }

  private mutating func pass(_ time: Duration) {
    now.uptime += time
    now.wall = now.wall + time
  }

  private mutating func deliver(_ what: Delivery) {
    switch what {
    case .answer(let id, let request):
      switch lnbits.answer(request) {
      case .response(let response): feed(.response(id, response))
      case .failure(let failure): feed(.requestFailed(id, failure))
      case .silence: break
      }
    case .socket(let id):
      if let socketFailure {
        feed(.socketFailed(id, UpstreamFailure(socketFailure, "no socket")))
      } else {
        socket = id
        socketsOpened += 1
        feed(.socketOpened(id))
      }
    }
  }

  // MARK: Effects

  private mutating func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, let request):
      #expect(request == SocketRequest(path: "/api/v1/ws/", appendsKey: true))
      due.append((now.uptime + latency, .socket(id)))
    case .closeSocket(let id, _), .abortSocket(let id):
      if socket == id { socket = nil }
      due.removeAll { if case .socket(id) = $0.what { true } else { false } }
    case .sendPing(let id, let payload):
      runtime.receive(.socketPong(id, payload))
    case .sendText:
      Issue.record("LNbits is told nothing")
    case .request(let id, let request):
      requests.append(request)
      due.append((now.uptime + latency, .answer(id, request)))
    case .cancel(let id):
      due.removeAll { if case .answer(id, _) = $0.what { true } else { false } }
    case .loadBook(let identity):
      answer(store.fails ? .commitFailed("no space left") : .book(store.book(for: identity)))
    case .commit(let commit):
      take(commit)
    case .stateChanged:
      announcements.append(source.status.state)
    case .wake(let at):
      wakeAt = at
    case .log(let line):
      log.append(line)
    }
  }

  private mutating func take(_ commit: Commit) {
    guard !store.fails else { return answer(.commitFailed("no space left")) }
    store.write(commit)
    commits += 1
    events += commit.events
    answer(.committed)
  }

  private mutating func answer(_ answer: SourceInput) {
    runtime.answer(answer, now: now, using: &random)
  }
}
