import DequeModule

/// Keeps all the questions to one origin together under its rate limit.
///
/// LNbits counts requests for each address and path, over all keys, so all the wallets of an origin
/// share one governor. Each path has a bucket: a fifth of the limit may go at once, and the rest of
/// the limit refills it, so that no minute ever sees more than the limit. Within a path, questions
/// raised by frames go before those raised by timers, and equals go in the order of their coming; a
/// source asks one question at a time on a path, so that is fair among the wallets. A timer's
/// question that has waited a minute goes with the frames'.
package struct RequestGovernor: Sendable {
  /// A question that waits for its turn.
  package struct Ticket: Sendable, Hashable {
    package var source: String
    package var request: RequestID

    package init(source: String, request: RequestID) {
      self.source = source
      self.request = request
    }
  }

  private struct Waiting: Sendable {
    var ticket: Ticket
    var since: Duration
  }

  private struct Lane: Sendable {
    var tokens: Double
    var refilledAt: Duration
    var frames: Deque<Waiting> = []
    var timers: Deque<Waiting> = []

    var isEmpty: Bool { frames.isEmpty && timers.isEmpty }
  }

  /// How long an origin that answered 429 gets no request.
  package static let silence: Duration = .seconds(60)
  /// After this long a timer's question is as urgent as a frame's.
  private static let patience: Duration = .seconds(60)

  private let burst: Double
  private let tokensPerSecond: Double
  private var lanes: [String: Lane] = [:]
  package private(set) var silentUntil: Duration?

  /// - Parameter requestsPerMinute: for each path, 1 or more.
  package init(requestsPerMinute: Int) {
    precondition(requestsPerMinute >= 1, "a governor that lets nothing through is a stopped source")
    burst = max(1, (Double(requestsPerMinute) / 5).rounded(.down))
    tokensPerSecond = max(1, Double(requestsPerMinute) - burst) / 60
  }

  /// Puts a question in line.
  package mutating func submit(
    _ ticket: Ticket, path: String, urgency: UpstreamRequest.Urgency, at now: Duration
  ) {
    var lane = lanes[path] ?? Lane(tokens: burst, refilledAt: now)
    let waiting = Waiting(ticket: ticket, since: now)
    switch urgency {
    case .frame: lane.frames.append(waiting)
    case .timer: lane.timers.append(waiting)
    }
    lanes[path] = lane
  }

  /// Forgets a question that still waits.
  package mutating func cancel(_ ticket: Ticket) {
    for path in lanes.keys {
      lanes[path]?.frames.removeAll { $0.ticket == ticket }
      lanes[path]?.timers.removeAll { $0.ticket == ticket }
    }
  }

  /// The origin said 429.
  ///
  /// - Returns: when the silence ends.
  package mutating func limited(at now: Duration) -> Duration {
    let until = max(silentUntil ?? .zero, now + Self.silence)
    silentUntil = until
    return until
  }

  /// The questions that may go now.
  package mutating func admit(at now: Duration) -> [Ticket] {
    if let silentUntil {
      if now < silentUntil { return [] }
      self.silentUntil = nil
    }
    var admitted: [Ticket] = []
    for path in lanes.keys.sorted() {
      guard var lane = lanes[path] else { continue }
      refill(&lane, at: now)
      while lane.tokens >= 1, let next = Self.takeFirst(&lane, at: now) {
        lane.tokens -= 1
        admitted.append(next.ticket)
      }
      lanes[path] = lane.isEmpty && lane.tokens >= burst ? nil : lane
    }
    return admitted
  }

  /// When ``admit(at:)`` can let the next one through; nil when nobody waits.
  package var nextWake: Duration? {
    let due = lanes.values.filter { !$0.isEmpty }.map { lane in
      // A millisecond more, so that rounding never wakes anybody a moment too early.
      lane.tokens >= 1
        ? lane.refilledAt
        : lane.refilledAt + .seconds((1 - lane.tokens) / tokensPerSecond) + .milliseconds(1)
    }
    guard let first = due.min() else { return nil }
    return max(first, silentUntil ?? .zero)
  }

  private func refill(_ lane: inout Lane, at now: Duration) {
    let gained = (now - lane.refilledAt).seconds * tokensPerSecond
    guard gained > 0 else { return }
    lane.tokens = min(burst, lane.tokens + gained)
    lane.refilledAt = now
  }

  private static func takeFirst(_ lane: inout Lane, at now: Duration) -> Waiting? {
    guard let timer = lane.timers.first, let frame = lane.frames.first else {
      return lane.frames.popFirst() ?? lane.timers.popFirst()
    }
    let timerIsNext = now - timer.since >= patience && timer.since <= frame.since
    return timerIsNext ? lane.timers.popFirst() : lane.frames.popFirst()
  }
}
