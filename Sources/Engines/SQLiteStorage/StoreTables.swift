import BridgeModel
import Storage

/// The writing connection with its statements, prepared once.
struct StoreTables {
  let database: Database
  let store: StoreTable
  let events: EventTable
  let books: BookTable
  let payments: PaymentTable
  let watches: WatchTable

  init(_ database: Database) throws(StorageError) {
    self.database = database
    store = try StoreTable(database)
    events = try EventTable(database)
    books = try BookTable(database)
    payments = try PaymentTable(database)
    watches = try WatchTable(database)
  }

  /// Writes an entry, its events numbered from `first`. Within a transaction.
  func write(_ entry: LogEntry, from first: Int64) throws(StorageError) {
    if let commit = entry.commit { try write(commit, from: first) }
    for (offset, event) in entry.events.enumerated() {
      try events.insert(event, sequence: first + Int64(offset))
    }
  }

  /// Deletes the oldest events and notes it. Within a transaction.
  ///
  /// - Returns: The last sequence deleted.
  func prune(_ count: Int) throws(StorageError) -> Int64 {
    let last = try events.deleteOldest(count)
    try store.setPrunedThrough(last)
    return last
  }

  private func write(_ commit: Commit, from first: Int64) throws(StorageError) {
    for watch in commit.watches { try watches.update(watch) }
    guard let record = commit.book else { return }
    let book = try books.save(record)
    var published: [String: Int64] = [:]
    for (offset, event) in commit.events.enumerated() {
      if case .payment(let payment) = event {
        published[payment.paymentID] = first + Int64(offset)
      }
    }
    for paymentID in commit.superseded { try payments.delete(paymentID, from: book) }
    for payment in commit.payments {
      try payments.save(payment, in: book, publishedAt: published[payment.paymentID])
    }
  }
}
