import BridgeModel
import DequeModule

/// Keeps everything that goes to one mint below its limits.
///
/// Nutshell allows 20 socket messages a minute for each address, connects included, and its window
/// is elastic: each message prolongs it, so that the count starts anew only after a minute without
/// any. So there are two rules: fewer than 20 of anything in any minute, and fewer than 20 socket
/// messages in a row without a minute's silence between. Pings are not messages; they carry the
/// heartbeat through such a silence.
///
/// A share of either is kept back for what restores a connection: probes, good manners and polls
/// that only make sure end at ``optionalPerMinute`` and ``optionalInARow``, so that a connect, its
/// subscriptions and a poll of something unsettled find room at any moment. Neither do those use up
/// each other's, see ``reserved``.
struct MintBudget: Sendable {
  enum Purpose: Sendable, Hashable {
    /// Never refused, only counted: the lifecycle's own delays keep connects apart.
    case connect
    case subscribe
    /// A probe costs two messages, and may wait when subscriptions may not.
    case probe
    /// An unsubscribe of something that is over: good manners, and never urgent.
    case tidyUp
    /// A question about something that no subscription covers now.
    case poll
    /// A question that only makes sure: everything it asks about is subscribed, or at rest.
    case reconcile
    /// A new connection is a connect and a message for each group: only at the beginning of a run.
    case rotate
  }

  /// A little more than the mint's minute: its clock and ours need not agree on when a message was
  /// sent.
  static let window: Duration = .seconds(61)
  /// The mint's own limit is 20.
  static let maximumPerMinute = 19
  /// What may wait leaves at least the other half to what may not; a begun probe is ended within
  /// it.
  static let optionalPerMinute = 8
  static let optionalInARow = 8
  /// An unsubscribe is the second message of a probe.
  private static let probeMessages = 2
  /// However many others went, so many of a purpose find room in a minute, as long as there are
  /// fewer than `below`.
  private static let reserved: [Purpose: (own: Int, below: Int)] = [
    .poll: (4, maximumPerMinute), .reconcile: (2, 13),
  ]
  /// How many may have gone before, in a minute and in a row, for one more of each purpose.
  private static let perMinute: [Purpose: Int] = [
    .subscribe: 17, .probe: optionalPerMinute, .tidyUp: optionalPerMinute + probeMessages,
    .poll: 13, .reconcile: optionalPerMinute,
  ]
  private static let inARow: [Purpose: Int] = [
    .subscribe: 17, .probe: optionalInARow, .tidyUp: optionalInARow + probeMessages,
    .poll: 50, .reconcile: 38, .rotate: 3,
  ]

  /// When the last ones went, oldest first.
  private var recent: Deque<(purpose: Purpose, at: Duration)> = []
  private var messages = Run()
  private var polls = Run()

  /// Things sent without a window's silence between them.
  private struct Run: Sendable {
    var count = 0
    var last: Duration?

    mutating func add(at now: Duration) {
      if let last, now >= last + MintBudget.window { count = 0 }
      count += 1
      last = now
    }

    func isSilenceDue(_ limit: Int) -> Duration? {
      count < limit ? nil : last.map { $0 + MintBudget.window }
    }
  }

  mutating func spend(_ purpose: Purpose, at now: Duration) {
    while let first = recent.first, now >= first.at + Self.window { recent.removeFirst() }
    recent.append((purpose, now))
    if Self.isQuestion(purpose) { polls.add(at: now) } else { messages.add(at: now) }
  }

  /// The last question never reached the mint, so that it cannot have counted it.
  mutating func takeBackPoll() {
    guard let index = recent.lastIndex(where: { Self.isQuestion($0.purpose) }) else { return }
    recent.remove(at: index)
    polls.count = max(0, polls.count - 1)
  }

  /// When the next one may go; not later than `now` when it may go at once.
  func allowed(_ purpose: Purpose, at now: Duration) -> Duration {
    let run = Self.isQuestion(purpose) ? polls : messages
    let afterRun = Self.inARow[purpose].flatMap { run.isSilenceDue($0) } ?? now
    guard let limit = Self.perMinute[purpose] else { return afterRun }
    let times = recent.map(\.at)
    var free = Self.room(in: times, below: limit, now)
    if let reserve = Self.reserved[purpose] {
      let own = recent.lazy.filter { $0.purpose == purpose }.map(\.at)
      let inReserve = max(
        Self.room(in: Array(own), below: reserve.own, now),
        Self.room(in: times, below: reserve.below, now))
      free = min(free, inReserve)
    }
    return max(afterRun, free)
  }

  func allows(_ purpose: Purpose, at now: Duration) -> Bool {
    allowed(purpose, at: now) <= now
  }

  private static func isQuestion(_ purpose: Purpose) -> Bool {
    purpose == .poll || purpose == .reconcile
  }

  /// When fewer than the limit are left in the window.
  private static func room(
    in times: [Duration], below limit: Int, _ now: Duration
  ) -> Duration {
    times.count < limit ? now : times[times.count - limit] + window
  }
}
