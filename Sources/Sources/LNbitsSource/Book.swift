import BridgeModel

/// A wallet's payments as far as they are known, and the balance that they explain.
///
/// It changes only by what was committed: ``change(for:seen:)`` says what a row of the wallet's
/// would change, and ``apply(_:)`` does it once it is on disk.
struct Book: Sendable {
  /// How a sighting is judged: what cannot be read off the row itself.
  struct Sighting: Sendable {
    var at: Timestamp
    /// When the present socket opened; nil without a socket.
    var socketOpenedAt: Timestamp?
    /// `updatedAt` is the time of settlement.
    var updateMeansSettlement: Bool
    /// A frame on the present socket told of this payment.
    var isAnnounced: Bool
    /// For times without a zone.
    var zone = UpstreamZone()
  }

  struct Change: Sendable, Hashable {
    var payment: Payment
    /// Its balance effect is new: an event. Otherwise only the record is kept.
    var isNews: Bool
    /// The id under which this payment was pending, where LNbits has renamed it to the node's own.
    var supersedes: String?
    /// Of a kind that LNbits announces by a frame, and settled while the present socket was open.
    var isFrameDue = false

    /// By settlement, or creation where there is none, then by id.
    static func isPublishedBefore(_ left: Change, _ right: Change) -> Bool {
      let leftTime = left.payment.settledAt ?? left.payment.createdAt
      let rightTime = right.payment.settledAt ?? right.payment.createdAt
      return (leftTime, left.payment.paymentID) < (rightTime, right.payment.paymentID)
    }
  }

  private struct Known: Sendable {
    var status: Payment.Status
    var effect: Millisatoshi
    /// Amount and fee together, of a payment that counts.
    var turnover: Millisatoshi

    init(_ payment: Payment) {
      status = payment.status
      effect = payment.balanceEffect
      turnover = payment.status == .failed ? .zero : payment.amount + payment.fee
    }
  }

  /// The sums of amounts and fees of each direction. Each is held to all the money there is, and
  /// not their difference alone: whoever adds up what is stored, of either, gets no larger sum.
  fileprivate struct Turnover: Sendable {
    var incoming: Millisatoshi = .zero
    var outgoing: Millisatoshi = .zero

    subscript(direction: Payment.Direction) -> Millisatoshi {
      get { direction == .incoming ? incoming : outgoing }
      set { if direction == .incoming { incoming = newValue } else { outgoing = newValue } }
    }
  }

  /// The book as it would be with some payments more.
  struct Draft: Sendable {
    var record: BookRecord
    fileprivate var turnover: Turnover
  }

  /// Later than this after settlement, a payment is late.
  static let lateAfter: Duration = .seconds(10)

  private(set) var record: BookRecord
  private var known: [String: Known] = [:]
  /// Outgoing payments that still may change, by payment id.
  private(set) var pending: [String: Payment] = [:]
  private var turnover = Turnover()
  /// Hashes of outgoing payments that have settled under another id than the hash.
  private var settledHashes: Set<String> = []

  init(_ record: BookRecord) {
    self.record = record
  }

  init(_ stored: StoredBook) {
    record = stored.record
    known.reserveCapacity(stored.payments.count)
    for payment in stored.payments { remember(payment) }
  }

  /// What the pending outgoing payments have set aside, up to all the money there is.
  var pendingOutgoing: Millisatoshi {
    pending.values.reduce(.zero) { min($0 - $1.balanceEffect, .maximum) }
  }

  /// The status in which a payment is known.
  func status(of paymentID: String) -> Payment.Status? {
    known[paymentID]?.status
  }

  /// What this row changes, if anything. A row may be stale, so a payment never goes back to
  /// pending, and a settled one stays settled.
  func change(for row: PaymentRow, seen: Sighting) -> Change? {
    let before = known[row.checkingID]
    switch (row.direction, row.status, before?.status) {
    case (.outgoing, .failed, nil):
      guard let old = pendingUnderAnotherID(row) else { return nil }
      return Change(payment: makePayment(row, seen), isNews: true, supersedes: old)
    case (.incoming, .settled, nil),
      (.outgoing, .pending, nil),
      (.outgoing, .settled, nil), (.outgoing, .settled, .pending), (.outgoing, .settled, .failed),
      (.outgoing, .failed, .pending):
      if before == nil, row.status == .pending, settledHashes.contains(row.paymentHash) {
        // A stale answer shows the payment under its former id.
        return nil
      }
      let payment = makePayment(row, seen)
      if row.direction == .outgoing, before == nil, let old = pendingUnderAnotherID(row) {
        // Still pending is no news, and neither its sums nor its frame are.
        return Change(payment: payment, isNews: row.status != .pending, supersedes: old)
      }
      return Change(
        payment: payment, isNews: true,
        isFrameDue: before == nil && !payment.isLate && Self.sendsFrame(row))
    case (.outgoing, .pending, .pending):
      // The reserve may be estimated anew while it is under way.
      let payment = makePayment(row, seen)
      guard payment.balanceEffect != before?.effect else { return nil }
      return Change(payment: payment, isNews: false)
    default:
      return nil
    }
  }

  /// One row for each outgoing payment: pages that are read one after the other may show it twice,
  /// under its hash and, renamed meanwhile, under the node's id.
  static func withoutFormerIDs(_ rows: [PaymentRow]) -> [PaymentRow] {
    func isFormer(_ row: PaymentRow) -> Bool { row.checkingID == row.paymentHash }
    let renamed = Set(
      rows.lazy.filter { $0.direction == .outgoing && !isFormer($0) }.map(\.paymentHash))
    return rows.filter { row in
      row.direction == .incoming || !isFormer(row) || !renamed.contains(row.paymentHash)
    }
  }

  /// LNbits names a payment by its hash while it is under way, and by the node's own id afterwards.
  /// A wallet has one outgoing payment for a hash, so the same hash under another id is the same
  /// payment.
  private func pendingUnderAnotherID(_ row: PaymentRow) -> String? {
    pending.values.first {
      $0.paymentHash == row.paymentHash && $0.paymentID != row.checkingID
    }?.paymentID
  }

  /// The book as it is, to add changes to.
  var draft: Draft { Draft(record: record, turnover: turnover) }

  /// Adds a change to a draft of this book.
  ///
  /// - Returns: False, and the draft is as it was, if the payments of one direction would then add
  ///   up to more than all the money there is, which only a forged or a broken number can bring
  ///   about.
  func add(_ change: Change, to draft: inout Draft) -> Bool {
    let old = known[change.supersedes ?? change.payment.paymentID]
    let new = Known(change.payment)
    let direction = change.payment.direction
    // None of these is beyond four times all the money there is, which fits.
    let turnover = draft.turnover[direction] - (old?.turnover ?? .zero) + new.turnover
    let effects = draft.record.effects - (old?.effect ?? .zero) + new.effect
    guard turnover <= .maximum, effects.magnitude <= .maximum else { return false }
    draft.turnover[direction] = turnover
    draft.record.effects = effects
    return true
  }

  /// As it is told when a history is taken in: nobody was there to be told late.
  static func past(_ payment: Payment) -> Payment {
    var payment = payment
    payment.isLate = false
    return payment
  }

  /// What becomes of a payment that the wallet no longer knows: it took nothing after all.
  func forgottenChange(for payment: Payment, at time: Timestamp) -> Change {
    var payment = payment
    payment.status = .failed
    payment.fee = .zero
    payment.observedAt = time
    return Change(payment: payment, isNews: true)
  }

  /// Takes over what was committed.
  mutating func apply(_ commit: Commit) {
    if let record = commit.book { self.record = record }
    for paymentID in commit.superseded {
      if let old = known.removeValue(forKey: paymentID) {
        turnover.outgoing = max(turnover.outgoing - old.turnover, .zero)
      }
      pending[paymentID] = nil
    }
    for payment in commit.payments { remember(payment) }
  }

  /// The wallet has confirmed the published balance once more.
  mutating func confirm(at now: Instant) {
    record.balance.confirm(at: now)
  }

  private mutating func remember(_ payment: Payment) {
    let new = Known(payment)
    let old = known.updateValue(new, forKey: payment.paymentID)
    let sum = turnover[payment.direction] - (old?.turnover ?? .zero) + new.turnover
    // A store may hold what an earlier release took in.
    turnover[payment.direction] = min(max(sum, .zero), .maximum)
    pending[payment.paymentID] =
      payment.direction == .outgoing && payment.status == .pending ? payment : nil
    if payment.direction == .outgoing, payment.status == .settled,
      payment.paymentID != payment.paymentHash
    {
      settledHashes.insert(payment.paymentHash)
    }
  }

  private func makePayment(_ row: PaymentRow, _ seen: Sighting) -> Payment {
    let settledAt: Timestamp? =
      switch row.status {
      case .settled: seen.updateMeansSettlement ? updatedAt(row, seen) ?? seen.at : seen.at
      case .pending, .failed: nil
      }
    // LNbits leaves the reserve in a failed payment's row, but it cost nothing.
    let fee = row.status == .failed ? .zero : row.fee
    return Payment(
      paymentID: row.checkingID, paymentHash: row.paymentHash, direction: row.direction,
      status: row.status, amount: row.amount.magnitude, fee: fee, memo: row.memo,
      extra: row.extra, createdAt: createdAt(row, seen) ?? updatedAt(row, seen) ?? seen.at,
      settledAt: settledAt, observedAt: seen.at, isLate: Self.isLate(settledAt, seen))
  }

  private func updatedAt(_ row: PaymentRow, _ seen: Sighting) -> Timestamp? {
    guard row.updatedLacksZone else { return row.updatedAt }
    return row.updatedAt.map { seen.zone.moment(of: $0, seenAt: seen.at) }
  }

  private func createdAt(_ row: PaymentRow, _ seen: Sighting) -> Timestamp? {
    guard row.createdLacksZone else { return row.createdAt }
    return row.createdAt.map { seen.zone.moment(of: $0, seenAt: seen.at) }
  }

  /// LNbits sends no frame for what an administrator takes off, nor for a payment that took longer
  /// than it waits for the node.
  private static func sendsFrame(_ row: PaymentRow) -> Bool {
    // Neither what an administrator takes off nor LNbits' own fees come from an invoice.
    guard row.status == .settled, row.hasExpiry else { return false }
    guard row.direction == .outgoing else { return true }
    guard let created = row.createdAt, let updated = row.updatedAt else {
      return false
    }
    return updated - created < .seconds(5)
  }

  private static func isLate(_ settledAt: Timestamp?, _ seen: Sighting) -> Bool {
    guard let settledAt else { return false }
    if seen.at - settledAt > lateAfter { return true }
    guard let opened = seen.socketOpenedAt, !seen.isAnnounced else { return false }
    // LNbits cuts some of its times to whole seconds.
    let isWholeSecond = settledAt.milliseconds % 1000 == 0
    return settledAt + (isWholeSecond ? .milliseconds(999) : .zero) < opened
  }
}
