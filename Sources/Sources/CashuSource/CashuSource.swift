package import BridgeModel

/// A Cashu mint as a value: quotes and proofs are followed by NUT-17 subscriptions and by polls
/// beside them, and each transition is published once, whichever path saw it first.
///
/// The mint is asked what it can do (NUT-06), and only then a socket is opened, if NUT-17 is
/// advertised. The heartbeat proves not only that the socket lives but that subscriptions on it are
/// answered. This file takes inputs in; `+Socket` holds the connection, `+Subscriptions` what is
/// said on it, `+Polling` the questions over HTTP, `+Watches` what becomes of the answers.
package struct CashuSource: Source {
  let configuration: CashuConfiguration
  var connection: ConnectionLifecycle
  var budget = MintBudget()
  var info: MintInfo?

  var watches: [WatchHandle: TrackedWatch] = [:]
  /// By quote id or Y.
  var handles: [String: WatchHandle] = [:]
  var watchesSeen = 0

  /// Nil while no socket is open.
  var table: SubscriptionTable?
  /// What was learned of this mint on earlier connections.
  var quirks = MintQuirks()
  /// The mint limits us: nothing is said to it before.
  var quietUntil: Duration = .zero

  var polls: PollPlan
  var questionHealth = QuestionHealth.unknown
  var questionFailures = 0
  /// Transitions that a poll saw first, by secret, with the time by which the socket should tell
  /// them too.
  var awaitedPushes = AwaitedPushes()
  /// The socket is open and acknowledges, but did not tell what polls found out.
  var isSocketMute = false

  /// What of the mint's lists could not be read.
  var skipped = SkippedElements()
  /// What would restore the connection, or cover a watch, waits for the mint's limits until then.
  private var limitWait: (until: Duration, shown: Timestamp)?

  /// What was handed to the store.
  var pendingCommit: Commit?
  /// What came in meanwhile.
  var held: [Observation] = []
  private var lastRequest: UInt64 = 0
  private var lastMessage: Int64 = 0

  /// How the mint answers over HTTP.
  enum QuestionHealth: Sendable {
    case unknown
    case answering
    case failing
    case limited
  }

  package init(_ configuration: CashuConfiguration, now: Instant) {
    self.configuration = configuration
    polls = PollPlan(interval: configuration.reconcileInterval)
    connection = ConnectionLifecycle(
      policy: configuration.reconnect,
      heartbeat: Heartbeat(
        interval: configuration.heartbeatInterval, timeout: configuration.heartbeatTimeout),
      request: nil, since: now)
  }

  package var name: String { configuration.name }
  package var kind: SourceKind { .cashu }
  package var wallet: WalletView? { nil }

  package var status: SourceStatus {
    var status = connection.status
    status.books = nil
    status.rowsSkipped = skipped.total
    status.lastError = status.lastError ?? skipped.message
    status.delivery = delivery
    if let limitWait, connection.mayAsk, !connection.isConnected, status.nextRetryAt == nil {
      status.reason = .rateLimited
      status.nextRetryAt = limitWait.shown
    }
    return status
  }

  /// Derived from the connection's state and the last answer, so that it can't disagree with
  /// either: `unreachable` never while connected, `live` only then.
  private var delivery: Delivery {
    guard connection.mayAsk else { return .unreachable }
    if questionHealth == .limited || limitWait != nil { return .rateLimited }
    if connection.isConnected { return isHealthy ? .live : .polling }
    return questionHealth == .answering ? .polling : .unreachable
  }

  /// Notifications can be relied on.
  var isHealthy: Bool { connection.isConnected && connection.socket != nil && !isSocketMute }

  package mutating func handle(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    let before = status.announced
    var effects = take(input, now: now, using: &random)
    effects += proceed(now)
    noteLimitWait(now)
    if status.announced != before { effects.append(.stateChanged) }
    effects.append(.wake(at: nextWake(now.uptime)))
    return effects
  }

  private mutating func take(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    switch input {
    case .start:
      return begin(now)
    case .stop(let reason):
      forgetConnection()
      questionHealth = .unknown
      return abandonQuestion() + connection.stop(reason, now: now)
    case .reconnect:
      quirks = MintQuirks()
      for handle in watches.keys { watches[handle]?.forgive() }
      return begin(now)
    case .networkChanged:
      return connection.networkChanged(now: now)
    case .socketOpened, .socketFailed, .socketText, .socketActivity, .socketPong, .socketClosed:
      return takeSocket(input, now: now, using: &random)
    case .response(let id, let response):
      return takeResponse(id, response, now: now, using: &random)
    case .requestFailed(let id, let failure):
      return takeFailure(id, failure, now: now, using: &random)
    case .rateLimited(let until):
      quietUntil = max(quietUntil, until)
      polls.backOff(until: until)
      return []
    case .watch(let records):
      for record in records { add(record, now) }
      return []
    case .unwatch(let handle):
      remove(handle)
      return []
    case .committed:
      return takeCommitted(now)
    case .commitFailed(let message):
      return takeCommitFailed(message, now: now, using: &random)
    case .book:
      return []
    case .wake:
      return takeWake(now: now, using: &random)
    }
  }

  private mutating func begin(_ now: Instant) -> [SourceEffect] {
    forgetConnection()
    return abandonQuestion() + connection.start(now: now)
  }

  /// Whatever may be done now, in the order of its importance.
  private mutating func proceed(_ now: Instant) -> [SourceEffect] {
    var effects = rotateIfDue(now)
    effects += subscribe(now)
    effects += endSubscriptions(now)
    effects += askIfDue(now)
    return effects
  }

  private func nextWake(_ now: Duration) -> Duration? {
    var times = [connection.nextWake, questionDue(now), awaitedPushes.nextDeadline]
    if let table {
      times.append(table.outstanding?.deadline)
      times.append(max(quietUntil, table.idleRotation))
      if let next = table.nextGroup {
        times.append(max(next, quietUntil, budget.allowed(.subscribe, at: now)))
      }
      if !table.ending.isEmpty, mayTidyUp {
        times.append(max(quietUntil, budget.allowed(.tidyUp, at: now)))
      }
      if table.mayRotate { times.append(rotationTime(table, now)) }
    }
    return times.compactMap { $0 }.min()
  }

  /// Who waits for the mint's limits says so, and until when.
  private mutating func noteLimitWait(_ now: Instant) {
    let until = limitedUntil(now.uptime)
    guard until != limitWait?.until else { return }
    limitWait = until.map { ($0, now.wall(at: $0)) }
  }

  private func limitedUntil(_ now: Duration) -> Duration? {
    guard connection.mayAsk else { return nil }
    var waits: [Duration] = []
    if connection.socket != nil, let next = table?.nextGroup, next <= now {
      waits.append(max(quietUntil, budget.allowed(.subscribe, at: now)))
    }
    if !connection.isConnected, isUnsettledQuestionDue(now) {
      waits.append(max(quietUntil, budget.allowed(.poll, at: now)))
    }
    return waits.filter { $0 > now }.min()
  }

  // MARK: Housekeeping

  mutating func nextRequestID() -> RequestID {
    lastRequest += 1
    return RequestID(lastRequest)
  }

  /// From 1: mints answer with 0 when they mean no request of ours.
  mutating func nextMessageID() -> Int64 {
    lastMessage += 1
    return lastMessage
  }

  /// The socket is gone, and not by our doing. Whether the mint still answers is to be seen.
  mutating func lostConnection() {
    questionHealth = .unknown
    forgetConnection()
  }

  /// The socket is gone, or about to go.
  mutating func forgetConnection() {
    guard table != nil else { return }
    table = nil
    for handle in watches.keys { watches[handle]?.subID = nil }
  }
}
