import BridgeModel
import Storage

/// A reading connection with the statements that were used on it.
final class ReadConnection {
  /// Queries differ by their filters; more shapes than this are not worth keeping.
  private static let maximumKeptStatements = 64

  let database: Database
  private var statements: [String: Statement] = [:]

  init(path: String, vfs: String?) throws(StorageError) {
    database = try Database(
      path: path, access: .readOnly, busyTimeoutMilliseconds: 100, vfs: vfs)
  }

  /// A statement, compiled at its first use.
  func statement(_ sql: String) throws(StorageError) -> Statement {
    if let kept = statements[sql] { return kept }
    if statements.count >= Self.maximumKeptStatements { statements.removeAll() }
    let statement = try database.prepare(sql)
    statements[sql] = statement
    return statement
  }

  /// Runs `body` in one read transaction, so that all it reads is of one moment.
  func transaction<Value>(
    _ body: () throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    try database.execute("BEGIN")
    // Leaving in the middle must not leave a read transaction open.
    defer { try? database.execute("COMMIT") }
    return try body()
  }

  // MARK: Log

  func read<Content: Sendable>(
    _ range: LogRange, into content: Content, add: (inout Content, EventRow) -> Void
  ) throws(StorageError) -> LogPage<Content> {
    let rows = try statement(
      """
      SELECT sequence, type, source, data FROM events WHERE sequence > ? AND sequence <= ?
      ORDER BY sequence
      """)
    rows.bind(1, range.after)
    rows.bind(2, range.through)
    defer { rows.reset() }
    var page = LogPage(content: content, last: range.after, prunedThrough: try prunedThrough())
    var events = 0
    var bytes = 0
    while events < range.maximumEvents, bytes < range.maximumBytes {
      guard try rows.step() else {
        page.last = max(page.last, range.through)
        break
      }
      guard let kind = EventKind(storedNumber: rows.int64(1)) else {
        throw StorageError(.corrupt, path: database.path, detail: "an event of no known kind")
      }
      let row = EventRow(
        sequence: rows.int64(0), kind: kind, source: rows.bytes(2), data: rows.bytes(3))
      add(&page.content, row)
      bytes += row.data.count
      page.last = row.sequence
      events += 1
    }
    return page
  }

  private func prunedThrough() throws(StorageError) -> Int64 {
    let row = try statement("SELECT pruned_through FROM store WHERE id = 1")
    defer { row.reset() }
    guard try row.step() else {
      throw StorageError(.corrupt, path: database.path, detail: "the store's own row is missing")
    }
    return row.int64(0)
  }

  // MARK: Books and watches

  private func finder() throws(StorageError) -> BookFinder {
    BookFinder(
      byWallet: try statement(BookFinder.byWalletSQL), byKey: try statement(BookFinder.byKeySQL))
  }

  func bookID(for identity: BookIdentity) throws(StorageError) -> BookID? {
    try finder().find(identity)
  }

  func book(for identity: BookIdentity) throws(StorageError) -> StoredBook? {
    guard let book = try bookID(for: identity),
      let record = try BookRow.read(book, by: try statement(BookRow.sql))
    else { return nil }
    let rows = try statement(PaymentRow.ofBookSQL)
    rows.bind(1, book.number)
    defer { rows.reset() }
    var payments: [Payment] = []
    while try rows.step() { payments.append(PaymentRow.read(rows)) }
    return StoredBook(record: record, payments: payments)
  }

  func watches(of origin: String) throws(StorageError) -> [WatchRecord] {
    let rows = try statement(WatchRow.ofOriginSQL)
    rows.bind(1, origin)
    defer { rows.reset() }
    var records: [WatchRecord] = []
    while try rows.step() {
      if let record = WatchRow.read(rows) { records.append(record) }
    }
    return records
  }
}
