import BridgeModel

/// What becomes of a mint's answers over HTTP.
extension CashuSource {
  mutating func takeResponse(
    _ id: RequestID, _ response: UpstreamResponse, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let question = polls.question, question.request == id else { return [] }
    switch (response.status, question.subject) {
    case (200, _) where response.body.count > Self.maximumAnswerBytes:
      return takeOversized(question, now: now, using: &random)
    case (200, .info):
      guard let info = CashuJSON.info(response.body) else { break }
      return takeInfo(info, now)
    case (200, .watches(let kind, let handles)):
      guard let elements = CashuJSON.elements(response.body) else { break }
      close(question, now, isAnswered: true)
      answered(now)
      let effects = observe(read(elements, of: kind, asked: handles), now)
      endRested(handles, now)
      return effects
    case (400..<500, .watches(_, let handles)) where response.status != 429:
      guard let detail = CashuJSON.detail(response.body) else { break }
      close(question, now, isAnswered: true)
      answered(now)
      let effects = takeObjection(detail, handles, now)
      endRested(handles, now)
      return effects
    case (429, _):
      close(question, now, isAnswered: false)
      limited(now.uptime)
      connection.unanswered(
        .rateLimited, "the mint limits requests; asking again in a minute", retryAt: quietUntil,
        now: now, using: &random)
      return []
    case (500..., .watches(_, let handles)) where CashuJSON.detail(response.body) != nil:
      if let effects = takeServerError(question, handles, now) { return effects }
    default:
      break
    }
    let isServerError = response.status >= 500
    return fail(
      isServerError ? .serverError : .protocolError,
      response.status == 200
        ? "the answer is not what a Cashu mint sends" : "the mint answered \(response.status)",
      now: now, using: &random)
  }

  mutating func takeFailure(
    _ id: RequestID, _ failure: UpstreamFailure, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard polls.question?.request == id else { return [] }
    if failure.kind == .network { budget.takeBackPoll() }
    // Nobody answered, so nobody was asked.
    _ = abandonQuestion()
    return fail(failure.reason, masked(failure.message), now: now, using: &random)
  }

  // MARK: What the mint can do

  private mutating func takeInfo(_ info: MintInfo, _ now: Instant) -> [SourceEffect] {
    let hasChanged = self.info?.subscribable != info.subscribable
    self.info = info
    if info.unreadable > 0 {
      skipped.skip(.info, count: info.unreadable)
    } else {
      skipped.clear(.info)
    }
    let usesSocket = configuration.usesSocket && !info.subscribable.isEmpty
    polls.question = nil
    polls.infoDueAt =
      now.uptime + (usesSocket ? PollPlan.infoInterval : PollPlan.polledInfoInterval)
    connection.status.serverVersion = info.version
    connection.status.upstreamName = info.name
    questionHealth = .answering
    questionFailures = 0
    let effects = connection.use(
      usesSocket ? SocketRequest(path: "/v1/ws", appendsKey: false) : nil, now: now)
    if !effects.isEmpty { forgetConnection() }
    // Without a socket, this answer is the poll that succeeds.
    if !usesSocket { connection.confirmed(now: now) }
    guard hasChanged, table != nil else { return effects }
    // Other kinds can be subscribed than before: begin anew with the next connection.
    forgetConnection()
    return effects + connection.rotate(now: now)
  }

  // MARK: What it says of watches

  private mutating func answered(_ now: Instant) {
    connection.status.lastReconcileAt = now
    if let askedAt = polls.lastQuestionAt {
      connection.status.reconcileTimes.add(now.uptime - askedAt)
    }
    questionHealth = .answering
    questionFailures = 0
    connection.confirmed(now: now)
  }

  /// Each element for itself: one that cannot be read leaves the others as they are.
  private mutating func read(
    _ elements: [CashuJSON.Element], of kind: WatchKind, asked handles: [WatchHandle]
  ) -> [Observation] {
    // Only those that were asked for: anything else is none of this answer's business.
    var silent = Set(handles)
    let asked = silent
    let single = handles.count == 1 ? handles.first : nil
    var observations: [Observation] = []
    for element in elements {
      switch element {
      case .report(let report):
        guard let handle = self.handles[report.secret], asked.contains(handle) else { continue }
        silent.remove(handle)
        if let observation = read(report, kind, handle, .poll) { observations.append(observation) }
      case .unreadable(let secret):
        if let handle = secret.flatMap({ self.handles[$0] }) ?? single, asked.contains(handle) {
          silent.remove(handle)
          skipped.skip(.watch(handle))
        } else if secret == nil {
          skipped.skip(.nameless(kind))
        }
      }
    }
    for handle in silent {
      // Asked alone it has to be told of, or it is known which one is not.
      if single == nil {
        watches[handle]?.isAskedAlone = true
      } else {
        skipped.skip(.watch(handle))
      }
    }
    return observations
  }

  /// Nil for a word that is none of this kind's.
  mutating func read(
    _ report: WatchReport, _ kind: WatchKind, _ handle: WatchHandle, _ via: WatchTransition.Path
  ) -> Observation? {
    watches[handle]?.unknownAnswers = 0
    guard kind.knows(report.state) else {
      skipped.skip(.watch(handle))
      return nil
    }
    skipped.clear(.watch(handle))
    return Observation(handle: handle, report: report, via: via)
  }

  /// The mint's own no: of one quote that it is unknown; of many that one of them is.
  private mutating func takeObjection(
    _ detail: String, _ handles: [WatchHandle], _ now: Instant
  ) -> [SourceEffect] {
    guard handles.count == 1, let handle = handles.first else {
      for handle in handles { watches[handle]?.isAskedAlone = true }
      return []
    }
    let words = detail.lowercased()
    // A web framework says "Not Found" of a path, and "unknown error" may mean anything: the quote
    // has to be named.
    guard words.contains("quote"),
      words.contains("not found") || words.contains("unknown") || words.contains("not exist")
    else {
      skipped.skip(.watch(handle))
      return []
    }
    return takeUnknown(handle, now)
  }

  /// A mint may fall over one quote. Of many, each is asked alone; one is passed over as long as
  /// others are answered in between.
  ///
  /// - Returns: nil for what is to be taken for an outage.
  private mutating func takeServerError(
    _ question: PollPlan.Question, _ handles: [WatchHandle], _ now: Instant
  ) -> [SourceEffect]? {
    guard handles.count == 1, let handle = handles.first else {
      for handle in handles { watches[handle]?.isAskedAlone = true }
      return nil
    }
    guard questionHealth == .answering, questionFailures == 0 else { return nil }
    questionFailures = 1
    skipped.skip(.watch(handle))
    close(question, now, isAnswered: false)
    return []
  }

  /// An answer about many is asked for in parts; what is too long by itself is not read.
  private mutating func takeOversized(
    _ question: PollPlan.Question, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard case .watches(_, let handles) = question.subject else {
      return fail(
        .protocolError, "an answer of more than \(Self.maximumAnswerBytes) bytes was not read",
        now: now, using: &random)
    }
    close(question, now, isAnswered: true)
    answered(now)
    if handles.count == 1, let handle = handles.first {
      skipped.skip(.watch(handle))
    } else {
      for handle in handles { watches[handle]?.isAskedAlone = true }
    }
    return []
  }

  // MARK: The end of a question

  private mutating func close(
    _ question: PollPlan.Question, _ now: Instant, isAnswered: Bool
  ) {
    var asked: [WatchHandle] = []
    if case .watches(_, let handles) = question.subject { asked = handles }
    for handle in asked { noteRest(handle, now) }
    let watches = self.watches
    polls.answered(asked, at: now.uptime) { handle in
      watches[handle].map { watch in
        guard let since = watch.restingSince else {
          return watch.subID == nil ? .uncovered : .covered
        }
        let pause =
          isAnswered ? PollPlan.restInterval(after: now.uptime - since) : PollPlan.restRetry
        return .atRest(next: now.uptime + pause)
      }
    }
  }

  mutating func fail(
    _ reason: SourceReason, _ message: String, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    if let question = polls.question { close(question, now, isAnswered: false) }
    questionHealth = .failing
    questionFailures += 1
    let policy = configuration.reconnect
    let delay = policy.delay(
      beforeAttempt: min(questionFailures, max(1, policy.maximumAttempts)),
      afterServerError: false, using: &random)
    let retryAt = now.uptime + (delay ?? configuration.reconcileInterval)
    if connection.usesSocket { polls.backOff(until: retryAt) }
    connection.unanswered(reason, message, retryAt: retryAt, now: now, using: &random)
    return []
  }

  /// Forgets the question that is under way; a late answer finds no one.
  mutating func abandonQuestion() -> [SourceEffect] {
    guard let question = polls.question else { return [] }
    var asked: [WatchHandle] = []
    if case .watches(_, let handles) = question.subject { asked = handles }
    polls.abandoned(asked.filter { watches[$0] != nil })
    return [.cancel(question.request)]
  }

  /// A batch of quotes with their invoices is a tenth of this; it takes some 30 ms to read.
  static let maximumAnswerBytes = 1 << 20
}
