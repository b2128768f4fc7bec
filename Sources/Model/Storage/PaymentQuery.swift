package import BridgeModel

/// Which payments to list, as `GET /api/v1/payments` asks. Nil fields do not filter.
package struct PaymentQuery: Sendable, Hashable {
  package static let maximumLimit = 1000

  /// Whose payments; an identity that has no book yet has none.
  package var books: [BookIdentity]
  package var status: Payment.Status?
  package var direction: Payment.Direction?
  package var paymentHash: String?
  /// Part of the memo, whatever the case of its letters. Nothing in it has a special meaning.
  package var memoContains: String?
  /// Goes on behind the page that gave this cursor.
  package var before: PaymentCursor?
  /// 1…``maximumLimit``.
  package var limit: Int

  package init(
    books: [BookIdentity], status: Payment.Status? = nil, direction: Payment.Direction? = nil,
    paymentHash: String? = nil, memoContains: String? = nil, before: PaymentCursor? = nil,
    limit: Int = 50
  ) {
    precondition((1...Self.maximumLimit).contains(limit), "a page has 1…\(Self.maximumLimit)")
    self.books = books
    self.status = status
    self.direction = direction
    self.paymentHash = paymentHash
    self.memoContains = memoContains
    self.before = before
    self.limit = limit
  }
}

/// A payment and the book that it stands in.
package struct ListedPayment: Sendable, Hashable {
  /// The index of the book's identity in the query; the first, where several lead to one book.
  package var book: Int
  package var payment: Payment

  package init(book: Int, payment: Payment) {
    self.book = book
    self.payment = payment
  }
}

/// Payments in order of publication, newest first; fewer than asked for where those read are large.
/// A payment that was published again stands where its last published status does; those never
/// published (history from before the bridge knew the wallet) come last, by time.
package struct PaymentPage: Sendable, Hashable {
  package var payments: [ListedPayment]
  /// Leads to the next page; nil when this is the last.
  package var next: PaymentCursor?

  package init(payments: [ListedPayment] = [], next: PaymentCursor? = nil) {
    self.payments = payments
    self.next = next
  }
}

/// A place in the list of payments. Its text is opaque to clients.
package struct PaymentCursor: Sendable, Hashable, CustomStringConvertible {
  /// Where the payment stands in the order of publication.
  package let position: Int64
  /// Tells apart those that stand at one position.
  package let row: Int64

  package init(position: Int64, row: Int64) {
    self.position = position
    self.row = row
  }

  /// Reads what ``description`` made; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let position = Int64(parts[0], radix: 36),
      let row = Int64(parts[1], radix: 36)
    else { return nil }
    self.init(position: position, row: row)
  }

  /// `[0-9a-z.-]`, at most 27 bytes.
  package var description: String {
    String(position, radix: 36) + "." + String(row, radix: 36)
  }
}
