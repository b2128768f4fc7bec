import BridgeModel

/// A book's number within its store.
package struct BookID: Sendable, Hashable {
  package let number: Int64
}

/// Books, and how they are found.
///
/// A book is known by its origin and wallet id. Until a payment has told the wallet id, and
/// whenever only a key is at hand, it is known by the origin and the key's fingerprint; several
/// fingerprints may lead to one book (rotated keys).
///
/// 1. With a wallet id that has a book: that book, whatever the fingerprint led to before. The
///    fingerprint leads to it from now on.
/// 2. With a wallet id that has none: the fingerprint's book if it has no wallet id yet; it learns
///    it now. If it has another one, the key belongs to another wallet than before, and a new book
///    begins.
/// 3. Without a wallet id: the fingerprint's book.
///
/// Looking up changes nothing; links are made when a commit is written. A book that a fingerprint
/// led to before it had a wallet id, and that case 1 leaves behind, has no payments (they would
/// have told the wallet id); it is deleted if so.
final class BookTable {
  private let byWallet: Statement
  private let byKey: Statement
  private let insertBook: Statement
  private let updateBook: Statement
  private let learnWallet: Statement
  private let noteAdjustment: Statement
  private let selectUnexplained: Statement
  private let linkKey: Statement
  private let deleteIfEmpty: Statement
  private let select: Statement
  /// Identities whose links are on disk. Forgotten when a transaction fails.
  private var linked: [BookIdentity: BookID] = [:]
  /// What is on disk of what a book does not explain. Forgotten likewise.
  private var unexplained: [BookID: Millisatoshi] = [:]

  init(_ database: Database) throws(StoreError) {
    byWallet = try database.prepare("SELECT id FROM books WHERE origin = ? AND wallet_id = ?")
    byKey = try database.prepare(
      """
      SELECT books.id, books.wallet_id FROM book_keys JOIN books ON books.id = book_keys.book
      WHERE book_keys.origin = ? AND book_keys.key_fingerprint = ?
      """)
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
    select = try database.prepare(
      """
      SELECT origin, key_fingerprint, wallet_id, opening, effects, unexplained, balance,
        confirmed_at, changed_at, imported_at,
        (SELECT at FROM adjustments WHERE book = books.id ORDER BY id DESC LIMIT 1)
      FROM books WHERE id = ?
      """)
  }

  /// The book of an identity, by the three rules; nil if there is none yet.
  func find(_ identity: BookIdentity) throws(StoreError) -> BookID? {
    if let known = linked[identity] { return known }
    if let walletID = identity.walletID {
      if let book = try book(origin: identity.origin, walletID: walletID) { return book }
      let provisional = try keyedBook(identity)
      return provisional?.walletID == nil ? provisional?.book : nil
    }
    return try keyedBook(identity)?.book
  }

  /// Writes a book down, a new one if need be, and links its identity to it. Within a transaction.
  func save(_ record: BookRecord) throws(StoreError) -> BookID {
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

  private func writtenUnexplained(_ book: BookID) throws(StoreError) -> Millisatoshi {
    selectUnexplained.bind(1, book.number)
    defer { selectUnexplained.reset() }
    return try selectUnexplained.step() ? Millisatoshi(selectUnexplained.int64(0)) : .zero
  }

  func record(_ book: BookID) throws(StoreError) -> BookRecord? {
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

  /// After a failed transaction: what was linked in it is not.
  func forgetLinks() {
    linked.removeAll()
    unexplained.removeAll()
  }

  // MARK: Links

  private func link(_ identity: BookIdentity) throws(StoreError) -> BookID {
    if let known = linked[identity] { return known }
    let book: BookID
    if let found = try find(identity) {
      book = found
      try learn(identity.walletID, in: book)
    } else {
      book = try insert(identity)
    }
    let previous = try keyedBook(identity)
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

  private func learn(_ walletID: String?, in book: BookID) throws(StoreError) {
    guard let walletID else { return }
    learnWallet.bind(1, book.number)
    learnWallet.bind(2, walletID)
    try learnWallet.run()
  }

  private func insert(_ identity: BookIdentity) throws(StoreError) -> BookID {
    insertBook.bind(1, identity.origin)
    insertBook.bind(2, identity.walletID)
    insertBook.bind(3, identity.keyFingerprint)
    guard try insertBook.step() else { preconditionFailure("INSERT … RETURNING answers a row") }
    let book = BookID(number: insertBook.int64(0))
    // The row is in, but the statement is only over at its end.
    try insertBook.run()
    return book
  }

  private func book(origin: String, walletID: String) throws(StoreError) -> BookID? {
    byWallet.bind(1, origin)
    byWallet.bind(2, walletID)
    guard try byWallet.step() else { return nil }
    defer { byWallet.reset() }
    return BookID(number: byWallet.int64(0))
  }

  private func keyedBook(
    _ identity: BookIdentity
  ) throws(StoreError) -> (book: BookID, walletID: String?)? {
    byKey.bind(1, identity.origin)
    byKey.bind(2, identity.keyFingerprint)
    guard try byKey.step() else { return nil }
    defer { byKey.reset() }
    return (BookID(number: byKey.int64(0)), byKey.optionalString(1))
  }
}
