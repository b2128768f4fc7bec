import BridgeModel
import DequeModule

/// Who is asked about next over HTTP: whoever was asked longest ago. One question at a time.
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

  private struct Turn: Sendable {
    var handle: WatchHandle
    /// Nil: never yet.
    var lastAsked: Duration?
  }

  /// Between questions about one watch while notifications are not to be relied on.
  static let fastInterval: Duration = .seconds(10)
  /// Between any two questions; the budget has the last word.
  private static let fastSpacing: Duration = .seconds(5)
  private static let slowSpacing: Duration = .seconds(15)
  static let infoInterval: Duration = .seconds(6 * 3600)

  private let slowInterval: Duration
  private var turns: Deque<Turn> = []
  /// Those that no subscription covers, however healthy the socket.
  private var uncovered: Deque<Turn> = []
  private(set) var lastQuestionAt: Duration?
  var question: Question?
  var infoDueAt: Duration = .zero
  /// No question before.
  private(set) var silentUntil: Duration = .zero

  init(interval: Duration) {
    slowInterval = interval
  }

  mutating func add(_ handle: WatchHandle, isCovered: Bool) {
    if isCovered {
      turns.prepend(Turn(handle: handle))
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

  /// When the next question about a watch is due; nil when there is nobody to ask about.
  func due(isHealthy: Bool) -> Duration? {
    let (covered, others) = firstTurns(isHealthy: isHealthy)
    guard let first = [covered, others].compactMap({ $0 }).min() else { return nil }
    let isSlow = isHealthy && first != others
    let spacing = min(isSlow ? Self.slowSpacing : Self.fastSpacing, slowInterval)
    return max(first, lastQuestionAt.map { $0 + spacing } ?? .zero, silentUntil)
  }

  /// Takes whoever is next, with others of the same kind as far as they fit into one question.
  mutating func next(
    isHealthy: Bool, kind: (WatchHandle) -> (kind: WatchKind, batch: Int)?
  ) -> (kind: WatchKind, handles: [WatchHandle])? {
    let (covered, others) = firstTurns(isHealthy: isHealthy)
    let isUncovered = others.map { $0 <= (covered ?? $0) } ?? false
    return isUncovered ? Self.take(&uncovered, kind) : Self.take(&turns, kind)
  }

  private func firstTurns(isHealthy: Bool) -> (covered: Duration?, others: Duration?) {
    let fast = min(Self.fastInterval, slowInterval)
    let interval = isHealthy ? slowInterval : fast
    return (
      turns.first.map { $0.lastAsked.map { $0 + interval } ?? .zero },
      uncovered.first.map { $0.lastAsked.map { $0 + fast } ?? .zero }
    )
  }

  private static func take(
    _ turns: inout Deque<Turn>, _ kind: (WatchHandle) -> (kind: WatchKind, batch: Int)?
  ) -> (kind: WatchKind, handles: [WatchHandle])? {
    var taken: (kind: WatchKind, handles: [WatchHandle])?
    var room = 1
    var left: Deque<Turn> = []
    while room > 0, let turn = turns.popFirst() {
      guard let own = kind(turn.handle) else { continue }
      if taken == nil {
        taken = (own.kind, [turn.handle])
        room = own.batch - 1
      } else if taken?.kind == own.kind, own.batch > 1 {
        taken?.handles.append(turn.handle)
        room -= 1
      } else {
        left.append(turn)
      }
    }
    turns.prepend(contentsOf: left)
    return taken
  }

  mutating func asked(_ question: Question, at now: Duration) {
    self.question = question
    lastQuestionAt = now
  }

  /// The question is over: its watches go to the end of the line.
  mutating func answered(
    _ handles: [WatchHandle], at now: Duration, isCovered: (WatchHandle) -> Bool?
  ) {
    question = nil
    for handle in handles {
      guard let isCovered = isCovered(handle) else { continue }
      if isCovered {
        turns.append(Turn(handle: handle, lastAsked: now))
      } else {
        uncovered.append(Turn(handle: handle, lastAsked: now))
      }
    }
  }

  /// The question was not answered: its watches stay where they were.
  mutating func abandoned(_ handles: [WatchHandle]) {
    question = nil
    turns.prepend(contentsOf: handles.map { Turn(handle: $0) })
  }
}
