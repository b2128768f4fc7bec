import BridgeModel
import Storage

/// The payments of all books. They are never pruned.
///
/// `position` is a payment's place in "order of publication": the sequence of the event that
/// published its present status. A payment that changes status again moves to the front. One that
/// was never published (the history that a wallet had when it was first taken in) stands behind all
/// published ones, by the time it settled or was made, as a negative number.
///
/// A payment that comes without an event (a late change of memo, say) keeps its place.
///
/// `moved_at` is when it moved the balance, for sums over time.
struct PaymentTable {
  private let upsert: Statement
  private let deleteOne: Statement

  init(_ database: Database) throws(StorageError) {
    upsert = try database.prepare(
      """
      INSERT INTO payments VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (book, payment_id) DO UPDATE SET
        position = max(position, excluded.position), payment_hash = excluded.payment_hash,
        direction = excluded.direction, status = excluded.status, amount = excluded.amount,
        fee = excluded.fee, memo = excluded.memo, memo_folded = excluded.memo_folded,
        tag = excluded.tag, comment = excluded.comment, fiat_amount = excluded.fiat_amount,
        fiat_currency = excluded.fiat_currency, created_at = excluded.created_at,
        settled_at = excluded.settled_at, observed_at = excluded.observed_at,
        is_late = excluded.is_late, moved_at = excluded.moved_at
      """)
    deleteOne = try database.prepare("DELETE FROM payments WHERE book = ? AND payment_id = ?")
  }

  /// Writes a payment down.
  ///
  /// - Parameters:
  ///   - payment: The payment as it is from now on.
  ///   - book: The wallet's.
  ///   - sequence: Of the event that publishes it in the same transaction; nil if none does.
  /// - Throws: ``StorageError``, as every write.
  func save(
    _ payment: Payment, in book: BookID, publishedAt sequence: Int64?
  ) throws(StorageError) {
    upsert.bind(1, book.number)
    upsert.bind(2, sequence ?? PaymentRow.unpublishedPosition(of: payment))
    upsert.bind(3, payment.paymentID)
    upsert.bind(4, payment.paymentHash)
    upsert.bind(5, PaymentRow.code(payment.direction))
    upsert.bind(6, PaymentRow.code(payment.status))
    upsert.bind(7, payment.amount.value)
    upsert.bind(8, payment.fee.value)
    upsert.bind(9, payment.memo)
    upsert.bind(10, CaseFolding.fold(payment.memo))
    upsert.bind(11, payment.extra.tag)
    upsert.bind(12, payment.extra.comment)
    upsert.bind(13, payment.extra.fiatAmount)
    upsert.bind(14, payment.extra.fiatCurrency)
    upsert.bind(15, payment.createdAt.milliseconds)
    upsert.bind(16, payment.settledAt?.milliseconds)
    upsert.bind(17, payment.observedAt.milliseconds)
    upsert.bind(18, payment.isLate ? Int64(1) : 0)
    upsert.bind(19, PaymentRow.movedAt(payment).milliseconds)
    try upsert.run()
  }

  /// Takes a payment out that lives on under another id.
  func delete(_ paymentID: String, from book: BookID) throws(StorageError) {
    deleteOne.bind(1, book.number)
    deleteOne.bind(2, paymentID)
    try deleteOne.run()
  }
}

/// How a payment stands in a row.
enum PaymentRow {
  /// What ``read(_:)`` expects first in a row.
  static let columns = """
    payment_id, payment_hash, direction, status, amount, fee, memo, tag, comment, fiat_amount, \
    fiat_currency, created_at, settled_at, observed_at, is_late
    """
  static let columnCount: CInt = 15

  /// Every payment of a book. By time is nearly the order in which the rows lie in the file; by
  /// payment id each one is a page of its own.
  static let ofBookSQL =
    "SELECT \(columns) FROM payments INDEXED BY payments_by_time WHERE book = ?"

  /// Texts are cut here, the one way out of the store: a bridge before this one kept them at any
  /// length. What identifies a payment is left as it is.
  static func read(_ row: Statement) -> Payment {
    Payment(
      paymentID: row.string(0), paymentHash: row.string(1),
      direction: direction(row.int64(2)), status: status(row.int64(3)),
      amount: Millisatoshi(row.int64(4)), fee: Millisatoshi(row.int64(5)),
      memo: row.string(6, cutTo: UpstreamText.maximumMemoBytes),
      extra: PaymentExtra(
        tag: row.optionalString(7, cutTo: UpstreamText.maximumNameBytes),
        comment: row.optionalString(8, cutTo: UpstreamText.maximumMemoBytes),
        fiatAmount: row.optionalDouble(9),
        fiatCurrency: row.optionalString(10, cutTo: UpstreamText.maximumNameBytes)),
      createdAt: Timestamp(milliseconds: row.int64(11)),
      settledAt: row.optionalInt64(12).map { Timestamp(milliseconds: $0) },
      observedAt: Timestamp(milliseconds: row.int64(13)), isLate: row.int64(14) != 0)
  }

  /// Bytes of the texts that ``read(_:)`` had before it, uncut.
  static func textBytes(_ row: Statement) -> Int {
    [0, 1, 6, 7, 8, 10].reduce(0) { $0 + row.bytes($1).count }
  }

  static func code(_ direction: Payment.Direction) -> Int64 {
    direction == .incoming ? 0 : 1
  }

  static func code(_ status: Payment.Status) -> Int64 {
    switch status {
    case .pending: 0
    case .settled: 1
    case .failed: 2
    }
  }

  private static func direction(_ code: Int64) -> Payment.Direction {
    code == 0 ? .incoming : .outgoing
  }

  private static func status(_ code: Int64) -> Payment.Status {
    switch code {
    case 0: .pending
    case 1: .settled
    default: .failed
    }
  }

  /// When the payment moved the balance: on settlement, or, pending, when it was made.
  static func movedAt(_ payment: Payment) -> Timestamp {
    payment.settledAt ?? payment.createdAt
  }

  /// Behind every published payment, which have sequences from 1, and among its like in order of
  /// time.
  static func unpublishedPosition(of payment: Payment) -> Int64 {
    let beyondAnyTime: Int64 = 1 << 56
    let time = movedAt(payment).milliseconds
    return max(-beyondAnyTime, min(time, beyondAnyTime - 1)) - beyondAnyTime
  }
}
