package import BridgeModel

/// Payments within this LNbits: invoices, internal payments, what an administrator does.
extension SimulatedLNbits {
  /// How long an invoice can be paid.
  static let invoiceLifetime = Duration.seconds(3600)

  /// Makes an invoice: a pending incoming payment. Its listeners hear nothing of it.
  ///
  /// - Parameter amount: Whole satoshi, as LNbits has it.
  package mutating func createInvoice(
    wallet id: String, satoshi: Int64, memo: String, extra: JSONValue = [:], now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> PaymentRow {
    advance(to: now)
    let wallet = try knownWallet(id)
    guard satoshi > 0, satoshi <= Millisatoshi.maximum.value / 1000 else {
      throw .amountNotPositive
    }
    let created = stamp()
    let hash = random.hexadecimal(bytes: 32)
    let expiry = Stamp(
      microseconds: created.wholeSecond.microseconds
        + (Self.invoiceLifetime.wholeMilliseconds + 1000) * 1000)
    let row = PaymentRow(
      checkingID: hash, paymentHash: hash, walletID: wallet.id,
      amount: Millisatoshi(satoshi * 1000), fee: .zero, status: .pending, memo: memo,
      invoice: random.invoice(satoshi: satoshi), preimage: random.hexadecimal(bytes: 32),
      expiry: expiry, createdAt: created, updatedAt: created, extra: extra)
    ledger.add(row)
    return row
  }

  /// Pays an invoice of this LNbits from one of its wallets, be it the same: both legs settle at
  /// once. The payer is notified once, the receiver as often as the version does it.
  package mutating func payInvoice(
    _ invoice: String, from id: String, extra: JSONValue = [:], now: Instant
  ) throws(PaymentRefusal) -> PaymentRow {
    advance(to: now)
    let payer = try knownWallet(id)
    guard var received = ledger.row(invoice: invoice) else { throw .unknownInvoice }
    guard received.status == .pending else { throw .alreadyPaid }
    let before = ledger.balance(ofWallet: payer.id)
    guard before >= received.amount else { throw .insufficientBalance }

    let sentAt = stamp()
    let sent = PaymentRow(
      checkingID: "internal_" + received.paymentHash, paymentHash: received.paymentHash,
      walletID: payer.id, amount: -received.amount, fee: .zero, status: .success,
      memo: received.memo, invoice: received.invoice, preimage: received.preimage,
      expiry: received.expiry, createdAt: sentAt, updatedAt: sentAt, extra: extra)
    ledger.add(sent)
    received.status = .success
    touch(&received)
    ledger.update(received)

    announce(sent, isFresh: true, balance: balanceToTell(before: before))
    for _ in 0..<behaviour.internalReceiverFrames { announce(received, isFresh: false) }
    writeAgain(received.checkingID)
    return sent
  }

  /// An invoice of one wallet paid at once by another: the paying leg.
  package mutating func transfer(
    satoshi: Int64, from payer: String, to receiver: String, memo: String, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> PaymentRow {
    let invoice = try createInvoice(
      wallet: receiver, satoshi: satoshi, memo: memo, now: now, using: &random)
    return try payInvoice(invoice.invoice, from: payer, now: now)
  }

  // MARK: The administrator

  /// Adds to a wallet's balance; its listeners get a frame.
  package mutating func credit(
    wallet id: String, satoshi: Int64, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> PaymentRow {
    var row = try createInvoice(
      wallet: id, satoshi: satoshi, memo: "Admin credit", now: now, using: &random)
    row.status = .success
    touch(&row)
    ledger.update(row)
    announce(row, isFresh: true)
    return row
  }

  /// Takes from a wallet's balance; nobody is told.
  package mutating func debit(
    wallet id: String, satoshi: Int64, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> PaymentRow {
    advance(to: now)
    let wallet = try knownWallet(id)
    guard satoshi > 0 else { throw .amountNotPositive }
    guard ledger.balance(ofWallet: id).satoshi >= satoshi else { throw .insufficientBalance }
    let created = stamp()
    let hash = random.hexadecimal(bytes: 32)
    let row = PaymentRow(
      checkingID: "internal_" + hash, paymentHash: hash, walletID: wallet.id,
      amount: Millisatoshi(-satoshi * 1000), fee: .zero, status: .success, memo: "Admin debit",
      invoice: random.invoice(satoshi: satoshi), preimage: nil, expiry: nil, createdAt: created,
      updatedAt: created, extra: [:])
    ledger.add(row)
    return row
  }

  // MARK: Behind LNbits' back

  /// Changes the amount of a payment in the table; nobody is told.
  ///
  /// - Parameter isTouched: Whether `updated_at` moves, as it does when LNbits itself writes.
  package mutating func editAmount(
    checkingID: String, to amount: Millisatoshi, isTouched: Bool = true, now: Instant
  ) throws(PaymentRefusal) {
    advance(to: now)
    guard var row = ledger.row(checkingID: checkingID) else { throw .unknownPayment(checkingID) }
    row.amount = amount
    if isTouched { touch(&row) }
    ledger.update(row)
  }

  /// Takes a row's `updated_at` away, as migrations from 0.x have done.
  package mutating func forgetUpdate(
    checkingID: String, now: Instant
  ) throws(PaymentRefusal) {
    advance(to: now)
    guard var row = ledger.row(checkingID: checkingID) else { throw .unknownPayment(checkingID) }
    row.updatedAt = nil
    ledger.update(row)
  }

  /// Takes a payment out of the table, as LNbits' `delete-wallet-payment` and its clean-ups do, and
  /// with it what it had moved; nobody is told. What its node says of it later is of no effect.
  ///
  /// - Returns: The row as it was.
  @discardableResult
  package mutating func forgetPayment(
    checkingID: String, now: Instant
  ) throws(PaymentRefusal) -> PaymentRow {
    advance(to: now)
    guard let row = ledger.row(checkingID: checkingID) else { throw .unknownPayment(checkingID) }
    ledger.remove(checkingID: checkingID)
    return row
  }

  /// A payment of the past, settled, in its place in the table only by its stamps. Nobody is told.
  /// For histories that a scenario begins with.
  package mutating func addSettled(
    wallet id: String, amount: Millisatoshi, fee: Millisatoshi, memo: String,
    extra: JSONValue = [:],
    createdAt: Timestamp, settledAt: Timestamp, using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) {
    let wallet = try knownWallet(id)
    let hash = random.hexadecimal(bytes: 32)
    // The microseconds are chance: a history in whole milliseconds would look made up.
    let created = Stamp(
      microseconds: Stamp(createdAt).microseconds + Int64.random(in: 0...999, using: &random))
    let settled = Stamp(
      microseconds: Stamp(settledAt).microseconds + Int64.random(in: 0...999, using: &random))
    ledger.add(
      PaymentRow(
        checkingID: hash, paymentHash: hash, walletID: wallet.id, amount: amount,
        fee: -fee.magnitude, status: .success, memo: memo,
        invoice: random.invoice(satoshi: amount.magnitude.satoshi),
        preimage: random.hexadecimal(bytes: 32), expiry: nil, createdAt: created,
        updatedAt: behaviour.tracksUpdates ? max(created, settled) : created, extra: extra))
  }

  // MARK: Parts

  /// Moves `updated_at`, where the version does that.
  mutating func touch(_ row: inout PaymentRow) {
    let moment = stamp()
    if behaviour.tracksUpdates { row.updatedAt = moment }
  }

  func balanceToTell(before: Millisatoshi) -> Millisatoshi? {
    behaviour.outgoingFrameBalance == .beforePayment ? before : nil
  }

  /// Notifies now, or after ``Behaviour/frameDelay``.
  mutating func announce(_ row: PaymentRow, isFresh: Bool, balance: Millisatoshi? = nil) {
    guard behaviour.frameDelay > .zero else {
      notify(row, isFresh: isFresh, balance: balance)
      return
    }
    schedule.add(
      .notify(checkingID: row.checkingID, isFresh: isFresh, balance: balance),
      at: clock.uptime + behaviour.frameDelay)
  }

  /// The second write of 1.4.1's notification, which comes after the frame.
  mutating func writeAgain(_ checkingID: String) {
    guard behaviour.writesNotifiedRowsTwice, var row = ledger.row(checkingID: checkingID) else {
      return
    }
    touch(&row)
    ledger.update(row)
  }
}
