package import BridgeModel

/// Which payments to list, as `GET /api/v1/payments` asks. Nil fields do not filter.
package struct PaymentQuery: Sendable, Hashable {
  package static let maximumLimit = 1000

  package var books: [BookID]?
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
    books: [BookID]? = nil, status: Payment.Status? = nil, direction: Payment.Direction? = nil,
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
  package var book: BookID
  package var payment: Payment
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
  fileprivate let position: Int64
  fileprivate let row: Int64

  fileprivate init(position: Int64, row: Int64) {
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

extension ReadConnection {
  /// A page ends after the payment whose texts, as they are stored, reach this many bytes.
  static let maximumPageBytes = 16 << 20

  func payments(_ query: PaymentQuery) throws(StoreError) -> PaymentPage {
    if let books = query.books, books.isEmpty { return PaymentPage() }
    let rows = try statement(Self.sql(for: query))
    defer { rows.reset() }
    Self.bind(query, to: rows)
    var page = PaymentPage()
    var last: PaymentCursor?
    var bytes = 0
    // One row more than asked for tells whether there is another page.
    while try rows.step() {
      guard page.payments.count < query.limit, bytes < Self.maximumPageBytes else {
        page.next = last
        break
      }
      page.payments.append(Self.listed(rows))
      bytes += PaymentRow.textBytes(rows)
      let cursor = PaymentRow.columnCount + 1
      last = PaymentCursor(position: rows.int64(cursor), row: rows.int64(cursor + 1))
    }
    return page
  }

  func payment(_ paymentID: String, in book: BookID) throws(StoreError) -> ListedPayment? {
    let rows = try statement(
      "SELECT \(PaymentRow.columns), book FROM payments WHERE book = ? AND payment_id = ?")
    rows.bind(1, book.number)
    rows.bind(2, paymentID)
    guard try rows.step() else { return nil }
    defer { rows.reset() }
    return Self.listed(rows)
  }

  private static func listed(_ row: Statement) -> ListedPayment {
    ListedPayment(
      book: BookID(number: row.int64(PaymentRow.columnCount)),
      payment: PaymentRow.read(row))
  }

  private static func sql(for query: PaymentQuery) -> String {
    var conditions: [String] = []
    if let books = query.books {
      conditions.append("book IN (\(books.map { _ in "?" }.joined(separator: ", ")))")
    }
    if query.status != nil { conditions.append("status = ?") }
    if query.direction != nil { conditions.append("direction = ?") }
    if query.paymentHash != nil { conditions.append("id IN (\(rowsOfHash))") }
    if query.memoContains != nil { conditions.append("instr(memo_folded, ?) > 0") }
    if query.before != nil { conditions.append("(position, id) < (?, ?)") }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    // The order's index holds what filters most; only a hash is found faster by its own.
    let index = query.paymentHash == nil ? "INDEXED BY payments_in_order" : ""
    return """
      SELECT \(PaymentRow.columns), book, position, id FROM payments \(index)
      \(filter) ORDER BY position DESC, id DESC LIMIT ?
      """
  }

  /// The rows of the payments with a hash, which is bound twice: of those that are identified by
  /// it, and of others.
  private static let rowsOfHash = """
    SELECT id FROM payments WHERE book IN (SELECT id FROM books) AND payment_id = ?
      AND payment_hash = payment_id
    UNION ALL SELECT id FROM payments INDEXED BY payments_by_hash WHERE payment_hash = ?
      AND payment_hash <> payment_id
    """

  private static func bind(_ query: PaymentQuery, to rows: Statement) {
    var index: CInt = 1
    func bind(_ value: Int64) {
      rows.bind(index, value)
      index += 1
    }
    func bind(_ value: String) {
      rows.bind(index, value)
      index += 1
    }
    query.books?.forEach { bind($0.number) }
    if let status = query.status { bind(PaymentRow.code(status)) }
    if let direction = query.direction { bind(PaymentRow.code(direction)) }
    if let hash = query.paymentHash {
      bind(hash)
      bind(hash)
    }
    if let memo = query.memoContains { bind(CaseFolding.fold(memo)) }
    if let before = query.before {
      bind(before.position)
      bind(before.row)
    }
    bind(Int64(query.limit + 1))
  }
}
