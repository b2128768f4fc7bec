package import BridgeModel

/// Payments that leave this LNbits or come from outside, through the lightning node.
extension SimulatedLNbits {
  // MARK: Incoming

  /// Somebody outside pays an invoice.
  ///
  /// - Parameters:
  ///   - delay: From now until the node has it.
  ///   - discovery: How LNbits learns of it, then.
  package mutating func payFromOutside(
    checkingID: String, after delay: Duration = .zero, discovery: Discovery = .notified,
    now: Instant
  ) throws(PaymentRefusal) {
    advance(to: now)
    guard let row = ledger.row(checkingID: checkingID), !row.isOutgoing else {
      throw .unknownPayment(checkingID)
    }
    guard row.status == .pending else { throw .notPending(checkingID) }
    schedule.add(.settleIncoming(checkingID: checkingID, discovery), at: now.uptime + delay)
    advance(to: now)
  }

  /// Several at once, as after an outage of the node: all settle, and the frames follow, each with
  /// the balance that all of them made.
  package mutating func payFromOutside(checkingIDs: [String], now: Instant) {
    advance(to: now)
    let settled = checkingIDs.compactMap { settleIncoming($0) }
    for row in settled { announce(row, isFresh: false) }
    for row in settled { writeAgain(row.checkingID) }
  }

  /// The node tells of a settled payment once more: another frame, and `updated_at` moves.
  package mutating func repeatNotification(
    checkingID: String, now: Instant
  ) throws(PaymentRefusal) {
    advance(to: now)
    guard var row = ledger.row(checkingID: checkingID), !row.isOutgoing else {
      throw .unknownPayment(checkingID)
    }
    touch(&row)
    ledger.update(row)
    announce(row, isFresh: false)
  }

  /// The settled row; nil when it is not pending any more.
  private mutating func settleIncoming(_ checkingID: String) -> PaymentRow? {
    guard var row = ledger.row(checkingID: checkingID), row.status == .pending else { return nil }
    row.status = .success
    touch(&row)
    ledger.update(row)
    return row
  }

  // MARK: Outgoing

  /// Sends a payment to the node. The amount and the reserve are off the balance at once.
  ///
  /// - Parameter amount: Positive, any millisatoshi.
  /// - Returns: The row as it stands when the call returns: pending, unless the outcome takes no
  ///   time.
  package mutating func payOutside(
    wallet id: String, amount: Millisatoshi, memo: String, outcome: ExternalOutcome, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> PaymentRow {
    advance(to: now)
    let wallet = try knownWallet(id)
    guard amount > .zero else { throw .amountNotPositive }
    let before = ledger.balance(ofWallet: id)
    let reserve = Behaviour.feeReserve(for: amount)
    guard before >= amount else { throw .insufficientBalance }
    guard before >= amount + reserve else { throw .insufficientReserve(reserve) }

    let created = stamp()
    let hash = random.hexadecimal(bytes: 32)
    let row = PaymentRow(
      checkingID: hash, paymentHash: hash, walletID: wallet.id, amount: -amount, fee: -reserve,
      status: .pending, memo: memo, invoice: random.invoice(satoshi: amount.satoshi),
      preimage: random.hexadecimal(bytes: 32), expiry: nil, createdAt: created,
      updatedAt: created, extra: [:])
    ledger.add(row)
    plan(outcome, of: hash, balanceBefore: before)
    advance(to: now)
    return ledger.row(checkingID: hash) ?? row
  }

  /// Lets the node come to a verdict on a pending or failed payment, now, silently, as when LNbits'
  /// own check finds it.
  package mutating func concludeOutside(
    checkingID: String, _ verdict: NodeVerdict, now: Instant
  ) throws(PaymentRefusal) {
    advance(to: now)
    guard let row = ledger.row(checkingID: checkingID), row.isOutgoing else {
      throw .unknownPayment(checkingID)
    }
    guard row.status != .success else { throw .notPending(checkingID) }
    conclude(checkingID, verdict, frame: .none)
  }

  private mutating func plan(
    _ outcome: ExternalOutcome, of id: String, balanceBefore: Millisatoshi
  ) {
    func frame(after delay: Duration) -> OutgoingFrame {
      delay <= behaviour.paymentWait ? .sent(balanceBefore: balanceBefore) : .none
    }
    var answered = Duration.zero
    switch outcome {
    case .settles(let delay, let fee):
      later(id, .settled(fee: fee), after: delay, frame: frame(after: delay))
      answered = delay
    case .settlesRenamed(let delay, let fee, let checkingID):
      let verdict = NodeVerdict.settled(fee: fee, checkingID: checkingID)
      later(id, verdict, after: delay, frame: frame(after: delay))
      answered = delay
    case .fails(let delay):
      later(id, .failed, after: delay, frame: .none)
      answered = delay
    case .pendingThenSettles(let delay, let fee):
      later(id, .settled(fee: fee), after: delay, frame: .none)
    case .pendingThenFails(let delay):
      later(id, .failed, after: delay, frame: .none)
    case .staysPending:
      break
    case .failsThenSettles(let failsAfter, let settlesAfter, let fee):
      later(id, .failed, after: failsAfter, frame: .none)
      later(id, .settled(fee: fee), after: max(failsAfter, settlesAfter), frame: .none)
      answered = failsAfter
    }
    if behaviour.blocksWhilePaying {
      let until = clock.uptime + min(answered, behaviour.paymentWait)
      blockedUntil = max(blockedUntil ?? until, until)
    }
  }

  private mutating func later(
    _ id: String, _ verdict: NodeVerdict, after delay: Duration, frame: OutgoingFrame
  ) {
    schedule.add(
      .concludeOutgoing(checkingID: id, verdict, frame: frame), at: clock.uptime + delay)
  }

  private mutating func conclude(
    _ checkingID: String, _ verdict: NodeVerdict, frame: OutgoingFrame
  ) {
    guard var row = ledger.row(checkingID: checkingID), row.status != .success else { return }
    switch verdict {
    case .failed:
      // The reserve stays in the fee column; a failed row counts for nothing.
      row.status = .failed
      touch(&row)
      ledger.update(row)
    case .settled(let fee, let nodeID):
      row.status = .success
      row.fee = -fee.magnitude
      touch(&row)
      row.checkingID = nodeID ?? row.checkingID
      var stored = row
      if nodeID != nil { stored.updatedAt = row.updatedAt?.wholeSecond }
      ledger.update(stored, formerCheckingID: checkingID)
      if case .sent(let before) = frame {
        announce(row, isFresh: true, balance: balanceToTell(before: before))
      }
    }
  }

  // MARK: What falls due

  mutating func perform(_ task: Schedule.Task) {
    switch task {
    case .concludeOutgoing(let id, let verdict, let frame):
      conclude(id, verdict, frame: frame)
    case .settleIncoming(let id, .notified):
      guard let row = settleIncoming(id) else { return }
      announce(row, isFresh: false)
      writeAgain(id)
    case .settleIncoming(let id, .checked):
      _ = settleIncoming(id)
    case .settleIncoming(let id, .whenAsked):
      nodeVerdicts[id] = .settled(fee: .zero)
    case .notify(let id, let isFresh, let balance):
      guard let row = ledger.row(checkingID: id) else { return }
      notify(row, isFresh: isFresh, balance: balance)
    }
  }

  /// What LNbits does when somebody asks for a pending payment: it asks the node in turn, and
  /// writes the answer down without a word to anyone. An invoice past its time becomes a failure.
  mutating func refresh(_ row: PaymentRow) -> PaymentRow {
    guard row.status == .pending else { return row }
    if !row.isOutgoing, let expiry = row.expiry, expiry < Stamp(clock.wall) {
      var expired = row
      expired.status = .failed
      expired.labels.append("expired")
      touch(&expired)
      ledger.update(expired)
      return expired
    }
    guard let verdict = nodeVerdicts.removeValue(forKey: row.checkingID) else { return row }
    if row.isOutgoing {
      conclude(row.checkingID, verdict, frame: .none)
    } else {
      _ = settleIncoming(row.checkingID)
    }
    return ledger.row(checkingID: row.checkingID) ?? row
  }
}
