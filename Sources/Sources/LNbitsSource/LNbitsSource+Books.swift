import BridgeModel

/// What the wallet's balance says about its payments.
extension LNbitsSource {
  mutating func takeBalance(
    _ response: UpstreamResponse, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let wallet = LNbitsJSON.wallet(response.body), let round else {
      return failRound(
        .protocolError, "the balance is not what LNbits sends", now: now, using: &random)
    }
    let effects = adviseOnKey(wallet)
    return effects + takeBalance(wallet, round, now: now, using: &random)
  }

  /// An admin key works for everything that is asked here, so its owner is told, once.
  private mutating func adviseOnKey(_ wallet: LNbitsJSON.Wallet) -> [SourceEffect] {
    guard wallet.isAdminKey, !hasAdvisedOnKey else { return [] }
    hasAdvisedOnKey = true
    return [.log(SourceLog(.warning, LNbitsAnswers.adminKeyAdvice))]
  }

  private mutating func takeBalance(
    _ wallet: LNbitsJSON.Wallet, _ round: ReconcileRound, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    connection.status.upstreamName = wallet.name
    if round.step == .verdict {
      return failRound(
        .serverError, "LNbits accepts the key for the wallet but not for its payments", now: now,
        using: &random)
    }
    guard let book, !isImport else {
      return takeFirstBalance(wallet.balance, now: now, using: &random)
    }
    let difference = wallet.balance - book.record.expected
    if difference == .zero {
      mismatch = nil
      return publish(wallet.balance, cause: .payment, book.record, now)
    }
    return explain(difference, balance: wallet.balance, now: now, using: &random)
  }

  /// The history is taken in as state, not as events. What its payments do not explain is the
  /// opening balance, if two readings agree on it and on the payments: a sale between the payments
  /// and the balance looks like an opening balance, and at one price the next sale looks like the
  /// same one.
  private mutating func takeFirstBalance(
    _ balance: Millisatoshi, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let round else { return [] }
    var draft = (book ?? Book(emptyRecord(now))).draft
    let (imported, effects) = take(round.imported, into: &draft)
    var record = draft.record
    let opening = balance - record.effects
    let reading = ReconcileRound.FirstReading(opening: opening, effects: record.effects)
    guard opening == .zero || reading == round.firstReading else {
      self.round?.firstReading = reading
      return effects + readAgain(now)
    }
    record.opening = opening
    record.unexplained = .zero
    record.importedAt = now.wall
    let isFirst = self.book == nil
    let previous = record.balance.amount
    if isFirst || previous != balance {
      record.balance = Balance(amount: balance, changedAt: now)
    } else {
      record.balance.confirm(at: now)
    }
    if !isFirst, previous != balance {
      // The payments explain the balance: what is put right is a frame's word, and no entry of the
      // books.
      correctionOfFrames = balance - previous
      record.lastCorrectionAt = now.wall
    }
    let change = BalanceChange(
      amount: balance, change: isFirst ? .zero : balance - previous,
      cause: isFirst ? .initial : .correction, confirmedAt: now.wall)
    return effects
      + commit(
        Commit(
          book: record, payments: imported.map { Book.past($0.payment) },
          superseded: imported.compactMap(\.supersedes),
          events: isFirst || previous != balance ? [.balance(change)] : []),
        then: .finish)
  }

  /// A book of which nothing is known yet.
  func emptyRecord(_ now: Instant) -> BookRecord {
    BookRecord(
      identity: identity, opening: .zero, effects: .zero, unexplained: .zero,
      balance: Balance(amount: .zero, confirmedAt: now.wall, changedAt: now.wall), importedAt: nil)
  }

  private mutating func publish(
    _ balance: Millisatoshi, cause: BalanceChange.Cause, _ record: BookRecord, _ now: Instant
  ) -> [SourceEffect] {
    var record = record
    var events: [BridgeEvent] = []
    record.identity = identity
    if balance != record.balance.amount {
      events = [
        .balance(
          BalanceChange(
            amount: balance, change: balance - record.balance.amount, cause: cause,
            confirmedAt: now.wall))
      ]
      record.balance = Balance(amount: balance, changedAt: now)
    }
    guard record != book?.record else {
      book?.confirm(at: now)
      return finishRound(now)
    }
    record.balance.confirm(at: now)
    return commit(Commit(book: record, events: events), then: .finish)
  }

  /// The payments do not explain the balance. Mostly something happened between the two readings;
  /// only what stands unchanged for five seconds, over the whole history, is a correction.
  private mutating func explain(
    _ difference: Millisatoshi, balance: Millisatoshi, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let round, let book else { return [] }
    if round.attempt < ReconcileRound.maximumAttempts { return readAgain(now) }
    guard let standing = mismatch, standing.difference == difference else {
      mismatch = Mismatch(difference: difference, since: now.uptime, rounds: 1)
      return lookAgainLater(now)
    }
    mismatch?.rounds += 1
    // A pending payment that is gone explains it, once it is certain.
    guard now.uptime - standing.since >= Self.standsFor, missing.verdictTime == nil else {
      return lookAgainLater(now)
    }
    guard round.scan.depth == .everything else { return readAgain(now) }
    var record = book.record
    let (corrections, isOverflow) = record.unexplained.value
      .addingReportingOverflow(difference.value)
    guard !isOverflow, corrections.magnitude <= Self.largestCorrections else {
      return failRound(.protocolError, Self.tooMuchMoney, now: now, using: &random)
    }
    mismatch = nil
    record.unexplained = Millisatoshi(corrections)
    record.lastCorrectionAt = now.wall
    return publish(balance, cause: .correction, record, now)
  }

  /// How long a difference must stand unchanged before it is believed.
  private static let standsFor: Duration = .seconds(5)

  /// Millisatoshi, either way: twice all the money there is, which a balance and payments that
  /// contradict each other as far as they can come to. Two of these and their difference fit.
  private static let largestCorrections = 2 * Millisatoshi.maximum.value.magnitude

  private mutating func readAgain(_ now: Instant) -> [SourceEffect] {
    guard var round else { return [] }
    round.attempt += 1
    if isImport, round.attempt > ReconcileRound.maximumAttempts {
      // Nothing is known of the wallet yet, so this was no reconcile.
      schedule.ask(by: now.uptime + Self.importPause)
      return abandonQuestions()
    }
    let depth: PaymentScan.Depth =
      switch round.attempt {
      case _ where isImport: .everything
      case ...2: .middle
      case 3: .deep
      default: .everything
      }
    round.scan = makeScan(depth)
    round.unaskedPending = []
    self.round = round
    return ask(.payments)
  }

  /// Before a history that did not hold still is read once more.
  private static let importPause: Duration = .seconds(1)

  /// Rounds of a standing difference move apart: 1 s, 2 s, 4 s, so that the third comes when it may
  /// be believed.
  private mutating func lookAgainLater(_ now: Instant) -> [SourceEffect] {
    let rounds = mismatch?.rounds ?? 1
    schedule.ask(by: now.uptime + .seconds(1) * (1 << min(rounds - 1, 3)))
    return finishRound(now)
  }
}
