import BridgeModel
import Storage

/// Books, as they are written.
final class BookTable {
  private let finder: BookFinder
  private let insertBook: Statement
  private let updateBook: Statement
  private let learnWallet: Statement
  private let noteAdjustment: Statement
  private let selectUnexplained: Statement
  private let linkKey: Statement
  private let deleteIfEmpty: Statement
  /// Identities whose links are on disk. Forgotten when a transaction fails.
  private var linked: [BookIdentity: BookID] = [:]
  /// What is on disk of what a book does not explain. Forgotten likewise.
  private var unexplained: [BookID: Millisatoshi] = [:]

  init(_ database: Database) throws(StorageError) {
    finder = BookFinder(
      byWallet: try database.prepare(BookFinder.byWalletSQL),
      byKey: try database.prepare(BookFinder.byKeySQL))
    insertBook = try database.prepare(
      "INSERT INTO books VALUES (NULL, ?, ?, ?, 0, 0, 0, 0, 0, 0, NULL) RETURNING id")
    updateBook = try database.prepare(
      """
      UPDATE books SET key_fingerprint = ?2, opening = ?3, effects = ?4, unexplained = ?5,
        balance = ?6, confirmed_at = ?7, changed_at = ?8, imported_at = ?9
      WHERE id = ?1
      """)
    // Apart, for it is in an index, which would be written with every payment.
    learnWallet = try database.prepare("UPDATE books SET wallet_id = ?2 WHERE id = ?1")
    noteAdjustment = try database.prepare("INSERT INTO adjustments VALUES (NULL, ?, ?, ?)")
    selectUnexplained = try database.prepare("SELECT unexplained FROM books WHERE id = ?")
    linkKey = try database.prepare("INSERT OR REPLACE INTO book_keys VALUES (?, ?, ?)")
    deleteIfEmpty = try database.prepare(
      """
      DELETE FROM books WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM payments WHERE book = ?1)
        AND NOT EXISTS (SELECT 1 FROM book_keys WHERE book = ?1)
      """)
  }

  /// Writes a book down, a new one if need be, and links its identity to it. Within a transaction.
  func save(_ record: BookRecord) throws(StorageError) -> BookID {
    let book = try link(record.identity)
    let before =
      if let known = unexplained[book] { known } else { try writtenUnexplained(book) }
    if before != record.unexplained {
      noteAdjustment.bind(1, book.number)
      let at = record.lastCorrectionAt ?? record.balance.confirmedAt
      noteAdjustment.bind(2, at.milliseconds)
      // Not in SQL, where a difference beyond Int64 is a floating-point number that the column
      // refuses.
      noteAdjustment.bind(3, (record.unexplained - before).value)
      try noteAdjustment.run()
    }
    unexplained[book] = record.unexplained
    updateBook.bind(1, book.number)
    updateBook.bind(2, record.identity.keyFingerprint)
    updateBook.bind(3, record.opening.value)
    updateBook.bind(4, record.effects.value)
    updateBook.bind(5, record.unexplained.value)
    updateBook.bind(6, record.balance.amount.value)
    updateBook.bind(7, record.balance.confirmedAt.milliseconds)
    updateBook.bind(8, record.balance.changedAt.milliseconds)
    updateBook.bind(9, record.importedAt?.milliseconds)
    try updateBook.run()
    return book
  }

  private func writtenUnexplained(_ book: BookID) throws(StorageError) -> Millisatoshi {
    selectUnexplained.bind(1, book.number)
    defer { selectUnexplained.reset() }
    return try selectUnexplained.step() ? Millisatoshi(selectUnexplained.int64(0)) : .zero
  }

  /// After a failed transaction: what was linked in it is not.
  func forgetLinks() {
    linked.removeAll()
    unexplained.removeAll()
  }

  // MARK: Links

  private func link(_ identity: BookIdentity) throws(StorageError) -> BookID {
    if let known = linked[identity] { return known }
    let book: BookID
    if let found = try finder.find(identity) {
      book = found
      try learn(identity.walletID, in: book)
    } else {
      book = try insert(identity)
    }
    let previous = try finder.keyedBook(identity)
    if previous?.book != book {
      linkKey.bind(1, identity.origin)
      linkKey.bind(2, identity.keyFingerprint)
      linkKey.bind(3, book.number)
      try linkKey.run()
      // Other identities may have been remembered for the book that is left behind.
      linked.removeAll()
      if let previous, previous.walletID == nil {
        deleteIfEmpty.bind(1, previous.book.number)
        try deleteIfEmpty.run()
        unexplained[previous.book] = nil
      }
    }
    linked[identity] = book
    return book
  }

  private func learn(_ walletID: String?, in book: BookID) throws(StorageError) {
    guard let walletID else { return }
    learnWallet.bind(1, book.number)
    learnWallet.bind(2, walletID)
    try learnWallet.run()
  }

  private func insert(_ identity: BookIdentity) throws(StorageError) -> BookID {
    insertBook.bind(1, identity.origin)
    insertBook.bind(2, identity.walletID)
    insertBook.bind(3, identity.keyFingerprint)
    guard try insertBook.step() else { preconditionFailure("INSERT … RETURNING answers a row") }
    let book = BookID(number: insertBook.int64(0))
    // The row is in, but the statement is only over at its end.
    try insertBook.run()
    return book
  }
}

/// How a book stands in a row.
enum BookRow {
  static let sql = """
    SELECT origin, key_fingerprint, wallet_id, opening, effects, unexplained, balance,
      confirmed_at, changed_at, imported_at,
      (SELECT at FROM adjustments WHERE book = books.id ORDER BY id DESC LIMIT 1)
    FROM books WHERE id = ?
    """

  static func read(_ book: BookID, by select: Statement) throws(StorageError) -> BookRecord? {
    select.bind(1, book.number)
    guard try select.step() else { return nil }
    defer { select.reset() }
    return BookRecord(
      identity: BookIdentity(
        origin: select.string(0), keyFingerprint: select.string(1),
        walletID: select.optionalString(2)),
      opening: Millisatoshi(select.int64(3)), effects: Millisatoshi(select.int64(4)),
      unexplained: Millisatoshi(select.int64(5)),
      balance: Balance(
        amount: Millisatoshi(select.int64(6)),
        confirmedAt: Timestamp(milliseconds: select.int64(7)),
        changedAt: Timestamp(milliseconds: select.int64(8))),
      importedAt: select.optionalInt64(9).map { Timestamp(milliseconds: $0) },
      lastCorrectionAt: select.optionalInt64(10).map { Timestamp(milliseconds: $0) })
  }
}
