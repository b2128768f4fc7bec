import BridgeModel
import TestSupport

/// A source whose server answers at once, and whose store always writes.
struct SourceRig<Upstream: Source> {
  private(set) var source: Upstream
  private(set) var socket: SocketID?
  private(set) var events: [BridgeEvent] = []
  /// What the source has sent on its socket.
  private(set) var sent: [String] = []
  private let answer: (UpstreamRequest) -> UpstreamResponse
  private var now: Instant
  private var random = SeededGenerator(seed: 1)
  private var inbox: [SourceInput] = []
  private var wakeAt: Duration?

  static var beginning: Instant {
    Instant(uptime: .seconds(1000), wall: Timestamp(milliseconds: 1_795_000_000_123))
  }

  /// Inputs that are handed over before the source is left alone: the governor would slow it down.
  private let maximumInputs = 200

  init(_ source: Upstream, answer: @escaping (UpstreamRequest) -> UpstreamResponse) {
    self.source = source
    self.answer = answer
    now = Self.beginning
  }

  mutating func forgetEvents() { events = [] }

  mutating func feed(_ input: SourceInput) {
    inbox.append(input)
    for _ in 0..<maximumInputs where !inbox.isEmpty {
      let next = inbox.removeFirst()
      for effect in source.handle(next, now: now, using: &random) { carryOut(effect) }
    }
    inbox = []
  }

  /// Lets the source wake as often as it asks for it, at most `times`.
  mutating func wake(times: Int) {
    for _ in 0..<times {
      guard let at = wakeAt else { return }
      let step = max(.zero, at - now.uptime)
      now.uptime += step
      now.wall = now.wall + step
      wakeAt = nil
      feed(.wake)
    }
  }

  /// A text of the server's; nothing where no socket is open.
  mutating func receive(_ text: String) {
    guard let socket else { return }
    feed(.socketActivity(socket))
    feed(.socketText(socket, text))
  }

  private mutating func carryOut(_ effect: SourceEffect) {
    switch effect {
    case .openSocket(let id, _):
      socket = id
      inbox.append(.socketOpened(id))
    case .closeSocket(let id, _), .abortSocket(let id):
      if socket == id { socket = nil }
    case .sendPing(let id, let payload):
      inbox.append(.socketPong(id, payload))
    case .sendText(_, let text):
      sent.append(text)
    case .request(let id, let request):
      inbox.append(.response(id, answer(request)))
    case .cancel(let id):
      inbox.removeAll { if case .response(id, _) = $0 { true } else { false } }
    case .loadBook:
      inbox.append(.book(nil))
    case .commit(let commit):
      check(commit)
      events += commit.events
      inbox.append(.committed)
    case .wake(let at):
      wakeAt = at
    case .stateChanged, .log:
      break
    }
  }

  /// Nothing is written down that cannot be true.
  private func check(_ commit: Commit) {
    for payment in commit.payments {
      precondition(payment.amount >= .zero && payment.fee >= .zero, "a negative amount")
      precondition(payment.amount <= .maximum && payment.fee <= .maximum, "more than there is")
    }
    if let book = commit.book {
      precondition(book.balance.amount.magnitude <= .maximum, "more than there is")
    }
  }
}
