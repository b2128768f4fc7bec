import BridgeModel

extension CashuSource {
  // MARK: Asking

  /// Without a socket an attempt of the lifecycle is a question: what the mint can do.
  private var isAttempt: Bool { connection.isConfirming && connection.socket == nil }

  /// Both ways to the mint work: polls only make sure.
  private var isAtEase: Bool { isHealthy && questionHealth == .answering }

  private var mayPoll: Bool {
    connection.mayAsk && info != nil && pendingCommit == nil
      && (connection.usesSocket || connection.isConnected)
  }

  /// When the next question over HTTP is due.
  func questionDue(_ now: Duration) -> Duration? {
    guard polls.question == nil else { return nil }
    let infoDue = isAttempt ? .zero : mayPoll ? polls.infoDueAt : nil
    let watchDue = mayPoll ? polls.due(isHealthy: isAtEase) : nil
    guard let first = [infoDue, watchDue].compactMap({ $0 }).min() else { return nil }
    return max(first, polls.silentUntil, budget.allowed(.poll, at: now))
  }

  mutating func askIfDue(_ now: Instant) -> [SourceEffect] {
    guard let due = questionDue(now.uptime), due <= now.uptime else { return [] }
    if isAttempt || now.uptime >= polls.infoDueAt {
      return ask(.info, UpstreamRequest(path: "/v1/info", keyHeader: nil, urgency: .timer), now)
    }
    let (watches, info) = (self.watches, self.info)
    let next = polls.next(isHealthy: isAtEase) { handle in
      watches[handle].map { watch in
        let kind = watch.record.kind
        return (kind, watch.isAskedAlone ? 1 : info?.batchSize(of: kind) ?? 1)
      }
    }
    guard let next else { return [] }
    let secrets = next.handles.compactMap { watches[$0]?.record.secret.revealed }
    return ask(
      .watches(next.kind, next.handles), Self.request(next.kind, secrets), now)
  }

  private mutating func ask(
    _ subject: PollPlan.Question.Subject, _ request: UpstreamRequest, _ now: Instant
  ) -> [SourceEffect] {
    let id = nextRequestID()
    polls.asked(PollPlan.Question(request: id, subject: subject), at: now.uptime)
    budget.spend(.poll, at: now.uptime)
    return [.request(id, request)]
  }

  private static func request(_ kind: WatchKind, _ secrets: [String]) -> UpstreamRequest {
    let method: String
    switch kind {
    case .proofState:
      return post("/v1/checkstate", CashuJSON.check(proofs: secrets))
    case .bolt11MintQuote: method = "mint/quote/bolt11"
    case .bolt12MintQuote: method = "mint/quote/bolt12"
    case .bolt11MeltQuote: method = "melt/quote/bolt11"
    case .bolt12MeltQuote: method = "melt/quote/bolt12"
    }
    guard secrets.count == 1, let secret = secrets.first else {
      return post("/v1/\(method)/check", CashuJSON.check(quotes: secrets))
    }
    return UpstreamRequest(
      path: "/v1/\(method)/\(percentEncoded(secret))", keyHeader: nil, urgency: .timer)
  }

  private static func post(_ path: String, _ body: [UInt8]) -> UpstreamRequest {
    UpstreamRequest(method: "POST", path: path, body: body, keyHeader: nil, urgency: .timer)
  }

  /// RFC 3986 section 2.3: all but the unreserved characters.
  private static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { encoded, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        encoded.append("%")
        encoded.append(digits[Int(byte >> 4)])
        encoded.append(digits[Int(byte & 15)])
      }
    }
  }

  // MARK: Answers

  mutating func takeResponse(
    _ id: RequestID, _ response: UpstreamResponse, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let question = polls.question, question.request == id else { return [] }
    switch (response.status, question.subject) {
    case (200, .info):
      guard let info = CashuJSON.info(response.body) else { break }
      return takeInfo(info, now)
    case (200, .watches(_, let handles)):
      guard let reports = CashuJSON.reports(response.body) else { break }
      close(question, now)
      answered(now)
      return observe(
        reports.compactMap { report in
          // Only those that were asked for: anything else is none of this answer's business.
          guard let handle = self.handles[report.secret], handles.contains(handle) else {
            return nil
          }
          return Observation(handle: handle, report: report, via: .poll)
        }, now)
    case (400..<500, .watches(_, let handles)) where response.status != 429:
      guard let detail = CashuJSON.detail(response.body) else { break }
      close(question, now)
      answered(now)
      return takeObjection(detail, handles, now)
    case (429, _):
      close(question, now)
      limited(now.uptime)
      connection.unanswered(
        .rateLimited, "the mint limits requests; asking again in a minute", retryAt: quietUntil,
        now: now, using: &random)
      return []
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
    return fail(failure.reason, failure.message, now: now, using: &random)
  }

  private mutating func takeInfo(_ info: MintInfo, _ now: Instant) -> [SourceEffect] {
    let hasChanged = self.info?.subscribable != info.subscribable
    self.info = info
    polls.question = nil
    polls.infoDueAt = now.uptime + PollPlan.infoInterval
    connection.status.serverVersion = info.version
    connection.status.upstreamName = info.name
    questionHealth = .answering
    questionFailures = 0
    let usesSocket = configuration.usesSocket && !info.subscribable.isEmpty
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

  private mutating func answered(_ now: Instant) {
    connection.status.lastReconcileAt = now
    if let askedAt = polls.lastQuestionAt {
      connection.status.reconcileTimes.add(now.uptime - askedAt)
    }
    questionHealth = .answering
    questionFailures = 0
    connection.confirmed(now: now)
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
    guard words.contains("not found") || words.contains("unknown") || words.contains("not exist")
    else { return [] }
    return takeUnknown(handle, now)
  }

  private mutating func close(_ question: PollPlan.Question, _ now: Instant) {
    var asked: [WatchHandle] = []
    if case .watches(_, let handles) = question.subject { asked = handles }
    let (watches, info) = (self.watches, self.info)
    polls.answered(asked, at: now.uptime) { handle in
      watches[handle].map { !$0.isPollOnly && info?.subscribable.contains($0.record.kind) == true }
    }
  }

  private mutating func fail(
    _ reason: SourceReason, _ message: String, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    if let question = polls.question { close(question, now) }
    questionHealth = .failing
    questionFailures += 1
    let policy = configuration.reconnect
    let delay = policy.delay(
      beforeAttempt: min(questionFailures, max(1, policy.maximumAttempts)),
      afterServerError: false, using: &random)
    let retryAt = now.uptime + (delay ?? configuration.reconcileInterval)
    // Without a socket a question is an attempt: the lifecycle decides when the next one is due.
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
}
