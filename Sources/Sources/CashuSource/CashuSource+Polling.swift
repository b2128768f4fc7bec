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

  /// What may be asked next, and when it is due.
  private struct Candidate {
    /// Nil: what the mint can do.
    var line: PollPlan.Line?
    var since: Duration
    var due: Duration
    var purpose: MintBudget.Purpose
  }

  /// Whoever waits longest first.
  private var candidates: [Candidate] {
    guard polls.question == nil else { return [] }
    if isAttempt { return [Candidate(line: nil, since: .zero, due: .zero, purpose: .poll)] }
    guard mayPoll else { return [] }
    let isAtEase = isAtEase
    var candidates: [Candidate] = []
    for line in PollPlan.Line.allCases {
      guard let due = polls.due(line, isHealthy: isAtEase) else { continue }
      let isUnsettled = line == .uncovered || (line == .covered && !isAtEase)
      candidates.append(
        Candidate(
          line: line, since: due.since, due: due.at, purpose: isUnsettled ? .poll : .reconcile))
    }
    candidates.append(
      Candidate(
        line: nil, since: polls.infoDueAt, due: polls.infoDueAt, purpose: .reconcile))
    return candidates.sorted { $0.since < $1.since }
  }

  private func mayGo(_ candidate: Candidate, _ now: Duration) -> Duration {
    max(candidate.due, polls.silentUntil, budget.allowed(candidate.purpose, at: now))
  }

  /// When the next question over HTTP is due.
  func questionDue(_ now: Duration) -> Duration? {
    candidates.map { mayGo($0, now) }.min()
  }

  /// A question that restores the connection, or about something that no subscription covers, is
  /// due.
  func isUnsettledQuestionDue(_ now: Duration) -> Bool {
    // A failure's delay is no limit of the mint's.
    let delay = polls.silentUntil > quietUntil ? polls.silentUntil : .zero
    return candidates.contains { $0.purpose == .poll && max($0.due, delay) <= now }
  }

  mutating func askIfDue(_ now: Instant) -> [SourceEffect] {
    guard let chosen = candidates.first(where: { mayGo($0, now.uptime) <= now.uptime }) else {
      return []
    }
    guard let line = chosen.line else {
      return ask(
        .info, UpstreamRequest(path: "/v1/info", keyHeader: nil, urgency: .timer), chosen, now)
    }
    let (watches, info) = (self.watches, self.info)
    let next = polls.next(line, at: now.uptime) { handle in
      watches[handle].map { watch in
        let kind = watch.record.kind
        return (kind, watch.isAskedAlone ? 1 : info?.batchSize(of: kind) ?? 1)
      }
    }
    guard let next else { return [] }
    let secrets = next.handles.compactMap { watches[$0]?.record.secret.revealed }
    return ask(
      .watches(next.kind, next.handles), Self.request(next.kind, secrets), chosen, now)
  }

  private mutating func ask(
    _ subject: PollPlan.Question.Subject, _ request: UpstreamRequest,
    _ chosen: Candidate, _ now: Instant
  ) -> [SourceEffect] {
    let id = nextRequestID()
    polls.asked(
      PollPlan.Question(request: id, subject: subject), of: chosen.line, at: now.uptime)
    budget.spend(chosen.purpose, at: now.uptime)
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
}
