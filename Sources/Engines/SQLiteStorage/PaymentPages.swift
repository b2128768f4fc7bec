import BridgeModel
import Storage

extension ReadConnection {
  /// A page ends after the payment whose texts, as they are stored, reach this many bytes.
  static let maximumPageBytes = 16 << 20

  func payments(_ query: PaymentQuery) throws(StorageError) -> PaymentPage {
    let books = try bookIDs(query.books)
    guard !books.isEmpty else { return PaymentPage() }
    let rows = try statement(Self.sql(for: query, books: books.count))
    defer { rows.reset() }
    Self.bind(query, Array(books.keys), to: rows)
    var page = PaymentPage()
    var last: PaymentCursor?
    var bytes = 0
    // One row more than asked for tells whether there is another page.
    while try rows.step() {
      guard page.payments.count < query.limit, bytes < Self.maximumPageBytes else {
        page.next = last
        break
      }
      page.payments.append(Self.listed(rows, books))
      bytes += PaymentRow.textBytes(rows)
      let cursor = PaymentRow.columnCount + 1
      last = PaymentCursor(position: rows.int64(cursor), row: rows.int64(cursor + 1))
    }
    return page
  }

  func payment(
    _ paymentID: String, in books: [BookIdentity]
  ) throws(StorageError) -> ListedPayment? {
    let books = try bookIDs(books)
    let rows = try statement(
      "SELECT \(PaymentRow.columns), book FROM payments WHERE book = ? AND payment_id = ?")
    defer { rows.reset() }
    for book in books.sorted(by: { $0.value < $1.value }) {
      rows.bind(1, book.key.number)
      rows.bind(2, paymentID)
      if try rows.step() { return Self.listed(rows, books) }
    }
    return nil
  }

  /// The books that there are, each with the index of the first identity that leads to it.
  func bookIDs(_ identities: [BookIdentity]) throws(StorageError) -> [BookID: Int] {
    var books: [BookID: Int] = [:]
    for (index, identity) in identities.enumerated() {
      if let book = try bookID(for: identity), books[book] == nil { books[book] = index }
    }
    return books
  }

  private static func listed(_ row: Statement, _ books: [BookID: Int]) -> ListedPayment {
    ListedPayment(
      book: books[BookID(number: row.int64(PaymentRow.columnCount))] ?? 0,
      payment: PaymentRow.read(row))
  }

  private static func sql(for query: PaymentQuery, books: Int) -> String {
    let places = repeatElement("?", count: books).joined(separator: ", ")
    var conditions = ["book IN (\(places))"]
    if query.status != nil { conditions.append("status = ?") }
    if query.direction != nil { conditions.append("direction = ?") }
    if query.paymentHash != nil { conditions.append("id IN (\(rowsOfHash))") }
    if query.memoContains != nil { conditions.append("instr(memo_folded, ?) > 0") }
    if query.before != nil { conditions.append("(position, id) < (?, ?)") }
    let filter = conditions.joined(separator: " AND ")
    // The order's index holds what filters most; only a hash is found faster by its own.
    let index = query.paymentHash == nil ? "INDEXED BY payments_in_order" : ""
    return """
      SELECT \(PaymentRow.columns), book, position, id FROM payments \(index)
      WHERE \(filter) ORDER BY position DESC, id DESC LIMIT ?
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

  private static func bind(_ query: PaymentQuery, _ books: [BookID], to rows: Statement) {
    var index: CInt = 1
    func bind(_ value: Int64) {
      rows.bind(index, value)
      index += 1
    }
    func bind(_ value: String) {
      rows.bind(index, value)
      index += 1
    }
    for book in books { bind(book.number) }
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
