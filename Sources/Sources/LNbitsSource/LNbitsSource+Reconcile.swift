import BridgeModel

extension LNbitsSource {
  // MARK: Asking

  mutating func startRoundIfDue(_ now: Instant) -> [SourceEffect] {
    // Without a socket, an attempt is a round.
    if !connection.usesSocket, connection.isConfirming, round == nil {
      schedule.markDirty(.timer, at: now.uptime)
    }
    guard isFree, let due = schedule.due, due <= now.uptime else { return [] }
    guard bookState == .loaded else { return loadBook() }
    let interrupted = abandonQuestions()
    let urgency = schedule.urgency
    schedule.roundStarted(at: now.uptime)
    round = ReconcileRound(
      urgency: urgency, startedAt: now.uptime, step: .payments,
      scan: makeScan(isImport ? .everything : .shallow))
    // The first question of all is the version: it decides how a row's times are to be read.
    return interrupted + (version == nil && isVersionDue ? ask(.version) : ask(.payments))
  }

  /// A round may start. Asking once more for a version that was known is no round: it can wait.
  var isFree: Bool {
    (round == nil || round?.step == .version && version != nil) && pendingCommit == nil
      && connection.mayAsk
  }

  /// The history has not been taken in yet.
  var isImport: Bool { book?.record.importedAt == nil }

  func makeScan(_ depth: PaymentScan.Depth) -> PaymentScan {
    PaymentScan(
      order: sortsByTime || version?.sortsByUpdate == false ? .byTime : .byUpdate, depth: depth,
      largestPage: largestPage)
  }

  mutating func ask(_ step: ReconcileRound.Step) -> [SourceEffect] {
    guard var round else { return [] }
    var path = "/api/v1/payments/paginated"
    var query = ""
    switch step {
    case .version: path = "/openapi.json"
    case .payments: query = round.scan.query
    case .pending(let hashes):
      query =
        "payment_hash[in]=\(hashes.map(Self.encoded).joined(separator: ","))"
        + "&limit=\(ReconcileRound.pendingPageRows)"
    case .verdict, .balance: path = "/api/v1/wallet"
    case .book: return []
    }
    let id = nextRequestID()
    round.step = step
    round.request = id
    self.round = round
    return [
      .request(
        id,
        UpstreamRequest(
          path: path, query: query, keyHeader: step == .version ? nil : "X-Api-Key",
          urgency: round.urgency))
    ]
  }

  /// For a query (RFC 3986 section 2.1). LNbits' hashes are hexadecimal, but what came in a frame
  /// may be anything.
  private static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { query, byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        query.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        query += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
  }

  // MARK: Answers

  mutating func takeResponse(
    _ id: RequestID, _ response: UpstreamResponse, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let round, round.request == id else { return [] }
    self.round?.request = nil
    if round.step == .version { return takeVersion(response, now) }
    switch response.status {
    case 200:
      switch round.step {
      case .payments: return takePage(response, now: now, using: &random)
      case .pending(let asked): return takePending(asked, response, now: now, using: &random)
      case .verdict, .balance: return takeBalance(response, now: now, using: &random)
      case .version, .book: return []
      }
    case 401, 403, 404:
      return takeRefusal(response, now: now, using: &random)
    case 400 where round.step == .payments && round.scan.order == .byUpdate:
      // Before 1.4 it is an error to sort by the update; without a version this is how one learns
      // of it.
      sortsByTime = true
      let scan = makeScan(round.scan.depth)
      self.round?.scan = scan
      return ask(.payments)
    case 429:
      questionHealth = .limited
      return endRound(
        .rateLimited, "the wallet's server limits requests; asking again in a minute",
        retryAfter: RequestGovernor.silence, now: now, using: &random)
    default:
      let reason: SourceReason = response.status >= 500 ? .serverError : .protocolError
      return failRound(
        reason, Self.describe(status: response.status), now: now, using: &random)
    }
  }

  mutating func takeFailure(
    _ id: RequestID, _ failure: UpstreamFailure, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let round, round.request == id else { return [] }
    self.round?.request = nil
    if round.step == .version { return takeVersion(nil, now) }
    // Perhaps one payment carries a huge extra: fewer rows may fit the limit.
    if failure.kind == .protocolError, round.step == .payments {
      largestPage = max(1, round.scan.limit / 4)
    }
    return failRound(failure.reason, failure.message, now: now, using: &random)
  }

  /// A missing version is no reason to stop: the newest release is assumed.
  private mutating func takeVersion(_ response: UpstreamResponse?, _ now: Instant) -> [SourceEffect]
  {
    let isFirst = version == nil
    // A server in trouble may tell the next time; one that does not tell at all is not asked again
    // and again.
    isVersionDue = response.map { $0.status >= 500 } ?? false
    if let response, response.status == 200, let text = LNbitsJSON.version(response.body) {
      version = LNbitsVersion(text)
      connection.status.serverVersion = text
    }
    guard isFirst else {
      round = nil
      return []
    }
    let scan = makeScan(isImport ? .everything : .shallow)
    round?.scan = scan
    return ask(.payments)
  }

  /// Only LNbits' own words about the wallet are a verdict on the key. An HTML page is a proxy's,
  /// "Not Found" is a wrong path, and the payments' routes may answer from a cache.
  private mutating func takeRefusal(
    _ response: UpstreamResponse, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    let detail = response.contentType == "application/json" ? LNbitsJSON.detail(response.body) : nil
    guard let detail, detail != "Not Found" else {
      return failRound(
        .protocolError, Self.describe(status: response.status), now: now, using: &random)
    }
    switch round?.step {
    case .balance, .verdict:
      schedule.clear()
      let message = "LNbits refuses the invoice key: \(detail)"
      return abandonQuestions() + connection.refused(message, now: now)
    default:
      return ask(.verdict)
    }
  }

  private static func describe(status: Int) -> String {
    switch status {
    case 300..<400:
      "HTTP \(status): LNbits redirects; use the URL it redirects to, or finish its installation"
    case 404: "HTTP 404: something answers there, but it is not LNbits; check the URL's path"
    case 500...: "HTTP \(status): LNbits, or a proxy before it, is in trouble"
    default: "HTTP \(status): not an answer that LNbits gives"
    }
  }

  // MARK: Payments

  private mutating func takePage(
    _ response: UpstreamResponse, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard var round else { return [] }
    let list: PaymentList
    do throws(PaymentList.Refusal) {
      list = try PaymentList(response.body)
    } catch {
      // Perhaps one payment carries a huge extra: fewer rows may fit the limit.
      if error == .tooLarge { largestPage = max(1, round.scan.limit / 4) }
      return failRound(
        .protocolError, "the list of payments is \(error.words)", now: now, using: &random)
    }
    let seen = sighting(now)
    let (book, skipped) = (self.book, self.skipped)
    let isComplete = round.scan.receive(list.elements) { element in
      switch element {
      case .row(let row): book?.change(for: row, seen: seen(row)) != nil
      case .unreadable(let row): skipped.isNew(row)
      }
    }
    self.round = round
    let effects = skip(list)
    guard isComplete else { return effects + ask(.payments) }
    if identity.walletID == nil,
      let walletID = round.scan.rows.values.lazy.compactMap(\.walletID).min()
    {
      round.step = .book
      self.round = round
      identity.walletID = walletID
      return effects + [.loadBook(identity)]
    }
    return effects + paymentsRead(now: now, using: &random)
  }

  mutating func takeBook(
    _ stored: StoredBook?, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    bookState = .loaded
    if let stored {
      book = Book(stored)
      identity = BookIdentity(
        origin: identity.origin, keyFingerprint: identity.keyFingerprint,
        walletID: identity.walletID ?? stored.record.identity.walletID)
    }
    if round?.step == .book { return paymentsRead(now: now, using: &random) }
    return takeHeldFrames(now)
  }

  private mutating func paymentsRead(
    now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let round else { return [] }
    learnZone(round.scan.rows.values, now)
    var changes = self.changes(for: Array(round.scan.rows.values), now)
    missing.found(round.scan.rows.keys)
    if let book { missing.keep { book.pending[$0] != nil } }
    if isImport {
      self.round?.imported = changes
      return ask(.balance)
    }
    // In a round that a frame raised, a pending payment that changed is in the list just read.
    if round.urgency == .timer || round.attempt > 1, let book {
      self.round?.unaskedPending = book.pending.values.filter {
        round.scan.rows[$0.paymentID] == nil
      }
    }
    if let question = readAllForPending(&changes, now) { return question }
    return publish(changes, now: now)
  }

  /// Times without a zone tell it by a payment that has settled since the last round.
  mutating func learnZone(_ rows: some Sequence<PaymentRow>, _ now: Instant) {
    guard let book, !isImport, let last = connection.status.lastReconcileAt else { return }
    for row in rows where row.updatedLacksZone && row.status == .settled {
      guard let local = row.updatedAt, book.status(of: row.checkingID) != .settled else { continue }
      zone.learn(from: local, settledBetween: last.wall, and: now.wall)
    }
  }

  /// What these rows change, in no particular order.
  func changes(for rows: [PaymentRow], _ now: Instant) -> [Book.Change] {
    let seen = sighting(now)
    let book = self.book ?? Book(emptyRecord(now))
    return Book.withoutFormerIDs(rows).compactMap { book.change(for: $0, seen: seen($0)) }
  }

  func sighting(_ now: Instant) -> (PaymentRow) -> Book.Sighting {
    let means = !sortsByTime && version?.sortsByUpdate ?? true
    let (opened, hints, zone) = (socketOpenedAt, self.hints, self.zone)
    return { row in
      Book.Sighting(
        at: now.wall, socketOpenedAt: opened, updateMeansSettlement: means,
        isAnnounced: hints.isAnnounced(row.checkingID), zone: zone)
    }
  }

  mutating func publish(_ changes: [Book.Change], now: Instant) -> [SourceEffect] {
    guard var draft = book?.draft else { return askWhatRemains(now) }
    let (changes, effects) = take(changes, into: &draft)
    guard !changes.isEmpty else { return effects + askWhatRemains(now) }
    for change in changes where change.isNews {
      hints.found(
        change.payment.paymentID,
        isFrameDue: change.isFrameDue && connection.isConnected && connection.usesSocket,
        at: now.uptime)
    }
    return effects
      + commit(
        Commit(
          book: draft.record, payments: changes.map(\.payment),
          superseded: changes.compactMap(\.supersedes),
          events: changes.filter(\.isNews).map { .payment($0.payment) }),
        then: .balance)
  }

  /// Adds changes to a draft of the book.
  ///
  /// - Returns: Those that the book holds, in the order of publication, and what there is to say of
  ///   the others.
  mutating func take(
    _ changes: [Book.Change], into draft: inout Book.Draft
  ) -> ([Book.Change], [SourceEffect]) {
    let book = self.book ?? Book(draft.record)
    var (taken, refused): ([Book.Change], [UnreadableRow]) = ([], [])
    for change in changes.sorted(by: Book.Change.isPublishedBefore) {
      if book.add(change, to: &draft) {
        taken.append(change)
      } else {
        refused.append(UnreadableRow(change.payment))
      }
    }
    return (taken, skip(refused))
  }

  static let tooMuchMoney = "the wallet's numbers add up to more than all the money there is"

  mutating func askWhatRemains(_ now: Instant) -> [SourceEffect] {
    guard var round else { return [] }
    let next = round.unaskedPending.prefix(ReconcileRound.maximumHashes)
    guard !next.isEmpty else { return ask(.balance) }
    round.unaskedPending.removeFirst(next.count)
    self.round = round
    return ask(.pending(Set(next.map(\.paymentHash)).sorted()))
  }

  // MARK: The end of a round

  mutating func finishRound(_ now: Instant) -> [SourceEffect] {
    connection.status.lastReconcileAt = now
    if let round { connection.status.reconcileTimes.add(now.uptime - round.startedAt) }
    questionHealth = .answering
    questionFailures = 0
    connection.confirmed(now: now)
    if let retry = hints.retryTime(at: now.uptime) { schedule.ask(by: retry) }
    if let verdict = missing.verdictTime { schedule.ask(by: max(verdict, now.uptime)) }
    if isVersionDue, version != nil { return ask(.version) }
    round = nil
    return []
  }

  mutating func failRound(
    _ reason: SourceReason, _ message: String, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    questionHealth = .failing
    questionFailures += 1
    let attempt = min(questionFailures, max(1, configuration.reconnect.maximumAttempts))
    let delay = configuration.reconnect.delay(
      beforeAttempt: attempt, afterServerError: false, using: &random)
    return endRound(
      reason, message, retryAfter: delay ?? configuration.reconcileInterval, now: now,
      using: &random)
  }

  private mutating func endRound(
    _ reason: SourceReason, _ message: String, retryAfter: Duration, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    let retryAt = now.uptime + retryAfter
    // Without a socket, a round is an attempt: the lifecycle decides when the next one is due.
    if connection.usesSocket {
      schedule.backOff(until: retryAt)
    } else {
      schedule.clear()
    }
    if framesSuffice {
      connection.status.lastError = message
    } else {
      connection.unanswered(reason, message, retryAt: retryAt, now: now, using: &random)
    }
    return abandonQuestions()
  }
}
