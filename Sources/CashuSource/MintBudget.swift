import BridgeModel
import DequeModule

/// Keeps everything that goes to one mint below its limits.
///
/// Nutshell allows 20 socket messages a minute for each address, connects included, and its window is elastic: each
/// message prolongs it, so that the count starts anew only after a minute without any. So there are two rules: fewer
/// than 20 of anything in any minute, and fewer than 20 socket messages in a row without a minute's silence between.
/// Pings are not messages; they carry the heartbeat through such a silence.
struct MintBudget: Sendable {
  enum Purpose: Sendable, Hashable {
    /// Never refused, only counted: the lifecycle's own delays keep connects apart.
    case connect
    case subscribe
    /// A probe costs two messages, and may wait when subscriptions may not.
    case probe
    /// An unsubscribe of something that is over: good manners, and never urgent.
    case tidyUp
    case poll
    /// A new connection is a connect and a message for each group: only at the beginning of a run.
    case rotate
  }

  /// A little more than the mint's minute: its clock and ours need not agree on when a message was sent.
  static let window: Duration = .seconds(61)
  /// The mint's own limit is 20.
  static let maximumPerMinute = 19
  /// How many may have gone before, in a minute and in a row, for one more of each purpose.
  private static let perMinute: [Purpose: Int] = [
    .subscribe: 16, .probe: 16, .tidyUp: 17, .poll: 10,
  ]
  private static let inARow: [Purpose: Int] = [
    .subscribe: 17, .probe: 12, .tidyUp: 14, .poll: 50, .rotate: 3,
  ]

  /// When the last ones went, oldest first.
  private var recent: Deque<Duration> = []
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
    while let first = recent.first, now >= first + Self.window { recent.removeFirst() }
    recent.append(now)
    if purpose == .poll { polls.add(at: now) } else { messages.add(at: now) }
  }

  /// The last question never reached the mint, so that it cannot have counted it.
  mutating func takeBackPoll() {
    _ = recent.popLast()
    polls.count = max(0, polls.count - 1)
  }

  /// When the next one may go; not later than `now` when it may go at once.
  func allowed(_ purpose: Purpose, at now: Duration) -> Duration {
    let run = purpose == .poll ? polls : messages
    let afterRun = Self.inARow[purpose].flatMap { run.isSilenceDue($0) } ?? now
    guard let limit = Self.perMinute[purpose], recent.count >= limit else { return afterRun }
    // Once this one has left the window, fewer than the limit are in it.
    return max(afterRun, recent[recent.count - limit] + Self.window)
  }

  func allows(_ purpose: Purpose, at now: Duration) -> Bool {
    allowed(purpose, at: now) <= now
  }
}
