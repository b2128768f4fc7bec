import BridgeModel
import DequeModule

/// Who is asked about next over HTTP: in each line whoever was asked longest ago. One question at a
/// time.
struct PollPlan: Sendable {
  /// A question under way.
  struct Question: Sendable {
    enum Subject: Sendable {
      case info
      case watches(WatchKind, [WatchHandle])
    }

    var request: RequestID
    var subject: Subject
  }

  /// Where watches wait for their turns.
  enum Line: Sendable, Hashable, CaseIterable {
    /// No subscription covers them, however healthy the socket.
    case uncovered
    case covered
    /// Most likely nothing follows: asked about ever more rarely.
    case atRest
  }

  /// Where a watch goes when its question is over.
  enum Place: Sendable, Hashable {
    case uncovered
    case covered
    case atRest(next: Duration)
  }

  private struct Turn: Sendable {
    var handle: WatchHandle
    /// Nil: never yet.
    var lastAsked: Duration?
  }

  private struct DueTurn: Sendable {
    var handle: WatchHandle
    var due: Duration
  }

  /// Between questions about one watch while notifications are not to be relied on.
  static let fastInterval: Duration = .seconds(10)
  /// Between any two questions; the budget has the last word.
  private static let fastSpacing: Duration = .seconds(5)
  /// Between two questions of a line that is not urgent.
  private static let slowSpacing: Duration = .seconds(15)
  private static let restSpacing: Duration = .seconds(30)
  /// Between questions about what the mint can do, while there is a socket.
  static let infoInterval: Duration = .seconds(6 * 3600)
  /// The same for a mint that is only polled: that it offers a socket now is to be noticed within
  /// an hour.
  static let polledInfoInterval: Duration = .seconds(1800)
  /// How long a watch at rest is asked about.
  static let restLimit: Duration = .seconds(7 * 24 * 3600)
  /// How long it stays subscribed: a clock that is off is off by hours.
  static let restSubscribed: Duration = .seconds(24 * 3600)
  private static let shortestRestInterval: Duration = .seconds(60)
  /// A question that failed is asked again after this.
  static let restRetry: Duration = .seconds(300)
  private static let restFraction = 8

  /// How long a watch that has been at rest for `age` is left alone: an eighth more, so that a week
  /// takes some 80 questions, and whatever is told late is late by an eighth at most.
  static func restInterval(after age: Duration) -> Duration {
    max(shortestRestInterval, age / restFraction)
  }

  private let slowInterval: Duration
  private var turns: Deque<Turn> = []
  private var uncovered: Deque<Turn> = []
  /// In the order of their being due.
  private var atRest: Deque<DueTurn> = []
  private(set) var lastQuestionAt: Duration?
  private var lastQuestionOf: [Line: Duration] = [:]
  var question: Question?
  var infoDueAt: Duration = .zero
  /// No question before.
  private(set) var silentUntil: Duration = .zero

  init(interval: Duration) {
    slowInterval = interval
  }

  /// A new watch is asked about at once; one at rest when the others have been.
  mutating func add(_ handle: WatchHandle, isAtRest: Bool, at now: Duration) {
    if isAtRest {
      rest(handle, until: now)
    } else {
      uncovered.prepend(Turn(handle: handle))
    }
  }

  mutating func backOff(until time: Duration) { silentUntil = max(silentUntil, time) }

  /// Something may have been missed: ask about everyone soon.
  mutating func askAgain() {
    for index in turns.indices { turns[index].lastAsked = nil }
    for index in uncovered.indices { uncovered[index].lastAsked = nil }
  }

  /// The next question of a line: since when somebody waits for it, and when it may go. Nil when
  /// there is nobody to ask about.
  func due(_ line: Line, isHealthy: Bool) -> (since: Duration, at: Duration)? {
    let fast = min(Self.fastInterval, slowInterval)
    let since: Duration?
    let spacing: Duration
    switch line {
    case .uncovered: (since, spacing) = (Self.due(uncovered.first, fast), Self.fastSpacing)
    case .covered where isHealthy:
      (since, spacing) = (Self.due(turns.first, slowInterval), Self.slowSpacing)
    case .covered: (since, spacing) = (Self.due(turns.first, fast), Self.fastSpacing)
    case .atRest: (since, spacing) = (atRest.first?.due, Self.restSpacing)
    }
    guard let since else { return nil }
    let afterAny = lastQuestionAt.map { $0 + min(Self.fastSpacing, slowInterval) } ?? .zero
    let afterOwn = lastQuestionOf[line].map { $0 + min(spacing, slowInterval) } ?? .zero
    return (since, max(since, afterAny, afterOwn))
  }

  private static func due(_ turn: Turn?, _ interval: Duration) -> Duration? {
    turn.map { $0.lastAsked.map { $0 + interval } ?? .zero }
  }

  /// Takes whoever is next in a line, with others of the same kind as far as they fit into one
  /// question.
  mutating func next(
    _ line: Line, at now: Duration, kind: (WatchHandle) -> (kind: WatchKind, batch: Int)?
  ) -> (kind: WatchKind, handles: [WatchHandle])? {
    switch line {
    case .uncovered: Self.take(&uncovered, kind, handle: \.handle) { _ in true }
    case .covered: Self.take(&turns, kind, handle: \.handle) { _ in true }
    case .atRest: Self.take(&atRest, kind, handle: \.handle) { $0.due <= now }
    }
  }

  private static func take<Waiting>(
    _ turns: inout Deque<Waiting>, _ kind: (WatchHandle) -> (kind: WatchKind, batch: Int)?,
    handle: (Waiting) -> WatchHandle, while isDue: (Waiting) -> Bool
  ) -> (kind: WatchKind, handles: [WatchHandle])? {
    var taken: (kind: WatchKind, handles: [WatchHandle])?
    var room = 1
    var left: Deque<Waiting> = []
    while room > 0, let first = turns.first, isDue(first) {
      turns.removeFirst()
      guard let own = kind(handle(first)) else { continue }
      if taken == nil {
        taken = (own.kind, [handle(first)])
        room = own.batch - 1
      } else if taken?.kind == own.kind, own.batch > 1 {
        taken?.handles.append(handle(first))
        room -= 1
      } else {
        left.append(first)
      }
    }
    turns.prepend(contentsOf: left)
    return taken
  }

  /// - Parameter line: nil for what the mint can do.
  mutating func asked(_ question: Question, of line: Line?, at now: Duration) {
    self.question = question
    lastQuestionAt = now
    if let line { lastQuestionOf[line] = now }
  }

  /// The question is over: its watches go to the end of their lines. One without a place is no
  /// more.
  mutating func answered(
    _ handles: [WatchHandle], at now: Duration, place: (WatchHandle) -> Place?
  ) {
    question = nil
    for handle in handles {
      switch place(handle) {
      case .uncovered: uncovered.append(Turn(handle: handle, lastAsked: now))
      case .covered: turns.append(Turn(handle: handle, lastAsked: now))
      case .atRest(let next): rest(handle, until: next)
      case nil: break
      }
    }
  }

  private mutating func rest(_ handle: WatchHandle, until due: Duration) {
    var index = atRest.endIndex
    while index > 0, atRest[index - 1].due > due { index -= 1 }
    atRest.insert(DueTurn(handle: handle, due: due), at: index)
  }

  /// The question was not answered: its watches stay where they were.
  mutating func abandoned(_ handles: [WatchHandle]) {
    question = nil
    turns.prepend(contentsOf: handles.map { Turn(handle: $0) })
  }
}
