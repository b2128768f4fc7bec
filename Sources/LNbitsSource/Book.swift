import BridgeModel

/// A wallet's payments as far as they are known, and the balance that they explain.
///
/// It changes only by what was committed: ``change(for:seen:)`` says what a row of the wallet's would change, and
/// ``apply(_:)`` does it once it is on disk.
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
  }

  struct Change: Sendable, Hashable {
    var payment: Payment
    /// Its balance effect is new: an event. Otherwise only the record is kept.
    var isNews: Bool
    /// The id under which this payment was pending, where LNbits has renamed it to the node's own.
    var supersedes: String?
    /// Of a kind that LNbits announces by a frame, and settled while the present socket was open.
    var isFrameDue = false
  }

  private struct Known: Sendable {
    var status: Payment.Status
    var effect: Millisatoshi
  }

  /// Later than this after settlement, a payment is late.
  static let lateAfter: Duration = .seconds(10)

  private(set) var record: BookRecord
  private var known: [String: Known] = [:]
  /// Outgoing payments that still may change, by payment id.
  private(set) var pending: [String: Payment] = [:]
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

  /// What this row changes, if anything. A row may be stale, so a payment never goes back to pending, and a
  /// settled one stays settled.
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

  /// One row for each outgoing payment: pages that are read one after the other may show it twice, under its hash
  /// and, renamed meanwhile, under the node's id.
  static func withoutFormerIDs(_ rows: [PaymentRow]) -> [PaymentRow] {
    func isFormer(_ row: PaymentRow) -> Bool { row.checkingID == row.paymentHash }
    let renamed = Set(
      rows.lazy.filter { $0.direction == .outgoing && !isFormer($0) }.map(\.paymentHash))
    return rows.filter { row in
      row.direction == .incoming || !isFormer(row) || !renamed.contains(row.paymentHash)
    }
  }

  /// LNbits names a payment by its hash while it is under way, and by the node's own id afterwards. A wallet has one
  /// outgoing payment for a hash, so the same hash under another id is the same payment.
  private func pendingUnderAnotherID(_ row: PaymentRow) -> String? {
    pending.values.first {
      $0.paymentHash == row.paymentHash && $0.paymentID != row.checkingID
    }?.paymentID
  }

  /// The present record with these changes; see ``record(_:with:)``.
  func record(with changes: [Change]) -> BookRecord? { record(record, with: changes) }

  /// A record with these changes; nil if its payments would then add up to more than all the money there is,
  /// which only a forged or a broken number can bring about.
  func record(_ start: BookRecord, with changes: [Change]) -> BookRecord? {
    var record = start
    for change in changes {
      let old = known[change.supersedes ?? change.payment.paymentID]?.effect ?? .zero
      let sum = record.effects + change.payment.balanceEffect - old
      guard let effects = Millisatoshi(checking: sum.value) else { return nil }
      record.effects = effects
    }
    return record
  }

  /// Takes over what was committed.
  mutating func apply(_ commit: Commit) {
    if let record = commit.book { self.record = record }
    for paymentID in commit.superseded {
      known[paymentID] = nil
      pending[paymentID] = nil
    }
    for payment in commit.payments { remember(payment) }
  }

  /// The wallet has confirmed the published balance once more.
  mutating func confirm(at now: Instant) {
    record.balance.confirm(at: now)
  }

  private mutating func remember(_ payment: Payment) {
    known[payment.paymentID] = Known(status: payment.status, effect: payment.balanceEffect)
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
      case .settled: seen.updateMeansSettlement ? row.updatedAt ?? seen.at : seen.at
      case .pending, .failed: nil
      }
    // LNbits leaves the reserve in a failed payment's row, but it cost nothing.
    let fee = row.status == .failed ? .zero : row.fee
    return Payment(
      paymentID: row.checkingID, paymentHash: row.paymentHash, direction: row.direction,
      status: row.status, amount: row.amount.magnitude, fee: fee, memo: row.memo,
      extra: row.extra, createdAt: row.createdAt ?? row.updatedAt ?? seen.at,
      settledAt: settledAt, observedAt: seen.at, isLate: Self.isLate(settledAt, seen))
  }

  /// LNbits sends no frame for what an administrator takes off, nor for a payment that took longer than it waits
  /// for the node.
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
