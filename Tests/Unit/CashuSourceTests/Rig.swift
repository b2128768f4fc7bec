import BridgeModel
import CashuSource
import SourceRuntime
import SourceTesting
import TestSupport
import Testing

/// A source, a simulated mint and the time between them.
struct Rig {
  private enum Happening {
    case input(SourceInput)
    case text(SocketID, String)
    case closed(SocketID, Int, reason: String = "")
    case change(String, WatchState)
  }

  private var runtime: SourceRuntime
  var mint: SimulatedMint
  private(set) var now: Duration = .seconds(1000)
  private(set) var published: [WatchTransition] = []
  private(set) var records: [WatchHandle: WatchRecord] = [:]
  private(set) var states: [SourceState] = []
  var failsCommits = false
  /// How far this machine's clock is ahead of the mint's.
  var skew: Duration = .zero
  private let configuration: CashuConfiguration
  private var random: SeededGenerator
  private var socket: SocketID?
  private var happenings: [(at: Duration, number: Int, what: Happening)] = []
  private var count = 0
  private var wakeAt: Duration?
  private static let latency: Duration = .milliseconds(20)
  private static let epoch = Timestamp(milliseconds: 1_780_000_000_000)

  init(
    _ mint: SimulatedMint = SimulatedMint(), seed: UInt64 = 1,
    _ configuration: CashuConfiguration = CashuConfiguration(name: "mint")
  ) {
    self.mint = mint
    self.configuration = configuration
    random = SeededGenerator(seed: seed)
    runtime = SourceRuntime(
      CashuSource(
        configuration, now: Instant(uptime: .seconds(1000), wall: Self.epoch + .seconds(1000))))
  }

  var instant: Instant { Instant(uptime: now, wall: Self.epoch + now + skew) }

  static func wallSeconds(at uptime: Duration) -> Int64 {
    (epoch + uptime).milliseconds / 1000
  }

  // MARK: What tests do

  mutating func watch(_ kind: WatchKind, _ ids: [String]) {
    let new = ids.map {
      WatchRecord(handle: WatchHandle("w_\($0)"), kind: kind, secret: WatchSecret($0))
    }
    for record in new where mint.states[record.secret.revealed] == nil {
      mint.states[record.secret.revealed] = kind.firstState
    }
    for record in new { records[record.handle] = record }
    give(.watch(new))
  }

  /// Something that the mint is to know nothing of.
  mutating func watchStranger(_ kind: WatchKind, _ id: String) {
    give(.watch([WatchRecord(handle: WatchHandle("w_\(id)"), kind: kind, secret: WatchSecret(id))]))
  }

  /// The process ends and another begins: only what was written down is left.
  mutating func restart(after time: Duration = .seconds(1)) {
    socket = nil
    mint.disconnected()
    happenings.removeAll { if case .change = $0.what { false } else { true } }
    wakeAt = nil
    now += time
    runtime = SourceRuntime(CashuSource(configuration, now: instant))
    give(.start)
    give(.watch(records.values.sorted { $0.handle.text < $1.handle.text }))
  }

  var source: any Source { runtime.source }

  mutating func give(_ input: SourceInput) {
    runtime.receive(input)
    while let effect = runtime.next(now: instant, masking: SecretMask(), using: &random) {
      if case .of(let effect) = effect { carryOut(effect) }
      let status = source.status
      if !status.state.agrees(with: status.delivery) {
        Issue.record("\(status.state) and \(status.delivery) at \(now)")
      }
    }
  }

  mutating func change(_ id: String, to state: WatchState, after delay: Duration = .zero) {
    add(delay, .change(id, state))
  }

  /// As if an earlier life had written it down; for ``restart(after:)``.
  mutating func remember(_ id: String, _ state: WatchState, expiry: Int64) {
    var record = WatchRecord(
      handle: WatchHandle("w_\(id)"), kind: .bolt11MintQuote, secret: WatchSecret(id))
    record.state = state
    record.expiry = Timestamp(milliseconds: expiry * 1000)
    record.observedAt = instant.wall
    records[record.handle] = record
  }

  /// Bolt12: what was paid and issued in all.
  mutating func change(_ id: String, paid: Int64, issued: Int64) {
    mint.sums[id] = (paid, issued)
    deliver(mint.change(id, to: .unpaid))
  }

  /// The network, or the mint, ends the connection.
  mutating func cut(code: Int = 1006, reason: String = "") {
    guard let socket else { return }
    add(.zero, .closed(socket, code, reason: reason))
    run(.milliseconds(1))
  }

  mutating func text(_ text: String) {
    guard let socket else { return }
    add(.zero, .text(socket, text))
    run(.milliseconds(1))
  }

  func transitions(of id: String) -> [WatchState] {
    published.filter { $0.handle.text == "w_\(id)" }.map(\.state)
  }

  mutating func run(_ time: Duration) {
    let end = now + time
    while true {
      let idle = mint.lastMessageAt.flatMap { socket == nil ? nil : $0 + mint.readTimeout }
      let next = [happenings.first?.at, wakeAt, idle].compactMap { $0 }.min()
      guard let next, next <= end else { break }
      now = max(now, next)
      if let first = happenings.first, first.at <= now {
        happenings.removeFirst()
        take(first.what)
      } else if let wakeAt, wakeAt <= now {
        self.wakeAt = nil
        give(.wake)
      } else if let socket {
        mint.idleCloses += 1
        take(.closed(socket, 1000))
      }
    }
    now = end
  }

  // MARK: Between them

  private mutating func take(_ what: Happening) {
    switch what {
    case .input(.socketOpened(let id)) where id != socket: break
    case .input(let input): give(input)
    case .text(let id, let text) where id == socket:
      give(.socketActivity(id))
      give(.socketText(id, text))
    case .closed(let id, let code, let reason) where id == socket:
      socket = nil
      mint.disconnected()
      give(.socketClosed(id, code: code, reason: reason))
    case .text, .closed: break
    case .change(let id, let state):
      deliver(mint.change(id, to: state))
    }
  }

  private mutating func deliver(_ answers: [SimulatedMint.Answer]) {
    guard let socket else { return }
    for answer in answers {
      switch answer {
      case .text(let text): add(Self.latency, .text(socket, text))
      case .close(let code): add(Self.latency, .closed(socket, code))
      }
    }
  }

  private mutating func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, _):
      let failure = mint.connect(at: now)
      if failure == nil { socket = id }
      add(Self.latency, .input(failure.map { .socketFailed(id, $0) } ?? .socketOpened(id)))
    case .sendText(_, let text):
      deliver(mint.receive(text, at: now))
    case .sendPing(let id, let payload):
      mint.pings += 1
      if !mint.isHung { add(Self.latency, .input(.socketPong(id, payload))) }
    case .closeSocket, .abortSocket:
      socket = nil
      mint.disconnected()
    case .request(let id, let request):
      let answer = mint.answer(request, at: now)
      add(
        Self.latency,
        .input(
          answer.map { .response(id, $0) }
            ?? .requestFailed(id, UpstreamFailure(.timeout, "no answer"))))
    case .commit(let commit):
      guard !failsCommits else {
        runtime.answer(.commitFailed("the disk is full"), now: instant, using: &random)
        return
      }
      for record in commit.watches { records[record.handle] = record }
      for case .watch(let transition) in commit.events { published.append(transition) }
      runtime.answer(.committed, now: instant, using: &random)
    case .stateChanged:
      if states.last != source.status.state { states.append(source.status.state) }
    case .wake(let time): wakeAt = time
    case .cancel, .loadBook, .log: break
    }
  }

  private mutating func add(_ delay: Duration, _ what: Happening) {
    count += 1
    let time = now + delay
    var index = happenings.endIndex
    while index > 0, happenings[index - 1].at > time { index -= 1 }
    happenings.insert((time, count, what), at: index)
  }
}
