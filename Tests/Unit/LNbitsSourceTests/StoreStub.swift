import BridgeModel

/// A store without a disk: books are found by the rules of the real one.
struct StoreStub {
  struct Book {
    var record: BookRecord
    var payments: [String: Payment] = [:]
    var keys: Set<String> = []
  }

  private(set) var books: [Book] = []
  var fails = false

  /// By the wallet's id, else by a key's book that has none yet, else by the key.
  private func index(of identity: BookIdentity) -> Int? {
    let keyed = books.firstIndex {
      $0.record.identity.origin == identity.origin && $0.keys.contains(identity.keyFingerprint)
    }
    guard let walletID = identity.walletID else { return keyed }
    let owned = books.firstIndex {
      $0.record.identity.origin == identity.origin && $0.record.identity.walletID == walletID
    }
    return owned ?? keyed.flatMap { books[$0].record.identity.walletID == nil ? $0 : nil }
  }

  func book(for identity: BookIdentity) -> StoredBook? {
    index(of: identity).map {
      StoredBook(record: books[$0].record, payments: Array(books[$0].payments.values))
    }
  }

  mutating func write(_ commit: Commit) {
    guard let record = commit.book else { return }
    let identity = record.identity
    let found = index(of: identity)
    for other in books.indices { books[other].keys.remove(identity.keyFingerprint) }
    let number = found ?? books.endIndex
    if found == nil { books.append(Book(record: record)) }
    books[number].record = record
    books[number].keys.insert(identity.keyFingerprint)
    for paymentID in commit.superseded { books[number].payments[paymentID] = nil }
    for payment in commit.payments { books[number].payments[payment.paymentID] = payment }
  }
}
