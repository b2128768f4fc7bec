import BridgeModel
import Storage

/// A book's number within its store.
struct BookID: Sendable, Hashable {
  let number: Int64
}

/// How a book is found.
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
struct BookFinder {
  static let byWalletSQL = "SELECT id FROM books WHERE origin = ? AND wallet_id = ?"
  static let byKeySQL = """
    SELECT books.id, books.wallet_id FROM book_keys JOIN books ON books.id = book_keys.book
    WHERE book_keys.origin = ? AND book_keys.key_fingerprint = ?
    """

  let byWallet: Statement
  let byKey: Statement

  /// The book of an identity, by the three rules; nil if there is none yet.
  func find(_ identity: BookIdentity) throws(StorageError) -> BookID? {
    if let walletID = identity.walletID {
      if let book = try book(origin: identity.origin, walletID: walletID) { return book }
      let provisional = try keyedBook(identity)
      return provisional?.walletID == nil ? provisional?.book : nil
    }
    return try keyedBook(identity)?.book
  }

  private func book(origin: String, walletID: String) throws(StorageError) -> BookID? {
    byWallet.bind(1, origin)
    byWallet.bind(2, walletID)
    guard try byWallet.step() else { return nil }
    defer { byWallet.reset() }
    return BookID(number: byWallet.int64(0))
  }

  /// What the fingerprint alone leads to.
  func keyedBook(
    _ identity: BookIdentity
  ) throws(StorageError) -> (book: BookID, walletID: String?)? {
    byKey.bind(1, identity.origin)
    byKey.bind(2, identity.keyFingerprint)
    guard try byKey.step() else { return nil }
    defer { byKey.reset() }
    return (BookID(number: byKey.int64(0)), byKey.optionalString(1))
  }
}
