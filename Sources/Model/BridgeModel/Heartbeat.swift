/// Proof that a socket's peer lives: a question at each interval, and a deadline for any sign of
/// life.
///
/// It says when to ask and when to give up; what the question is (a ping, a Cashu subscription) is
/// its owner's.
package struct Heartbeat: Sendable, Hashable {
  package let interval: Duration
  package let timeout: Duration

  /// What is due now.
  package enum Due: Sendable, Hashable {
    case nothing
    /// Ask; the deadline runs from now.
    case probe
    /// Nothing came since the probe: the peer is dead.
    case dead
  }

  private enum Phase: Sendable, Hashable {
    case idle(nextProbe: Duration)
    case waiting(sentAt: Duration, sawLife: Bool)
  }

  private var phase: Phase?
  /// From the last probe to its own answer.
  package private(set) var roundTrip: Duration?

  package init(interval: Duration, timeout: Duration) {
    self.interval = interval
    self.timeout = timeout
  }

  /// The socket opened.
  package mutating func start(at now: Duration) {
    phase = .idle(nextProbe: now + interval)
  }

  /// The socket is gone; nothing is due any more.
  package mutating func stop() {
    phase = nil
  }

  /// Probe at the next opportunity, because there is reason to doubt the path.
  package mutating func hurry(at now: Duration) {
    if case .idle = phase { phase = .idle(nextProbe: now) }
  }

  /// Any inbound byte counts as life.
  package mutating func sawLife() {
    if case .waiting(let sentAt, _) = phase { phase = .waiting(sentAt: sentAt, sawLife: true) }
  }

  /// The probe's own answer.
  package mutating func answered(at now: Duration) {
    guard case .waiting(let sentAt, _) = phase else { return }
    roundTrip = now - sentAt
    phase = .idle(nextProbe: max(sentAt + interval, now))
  }

  /// When to call ``due(at:)`` next.
  package var nextWake: Duration? {
    switch phase {
    case nil: nil
    case .idle(let nextProbe): nextProbe
    case .waiting(let sentAt, _): sentAt + timeout
    }
  }

  package mutating func due(at now: Duration) -> Due {
    switch phase {
    case .idle(let nextProbe) where now >= nextProbe:
      phase = .waiting(sentAt: now, sawLife: false)
      return .probe
    case .waiting(let sentAt, let sawLife) where now >= sentAt + timeout:
      guard sawLife else { return .dead }
      phase = .idle(nextProbe: max(sentAt + interval, now))
      return .nothing
    default:
      return .nothing
    }
  }
}
