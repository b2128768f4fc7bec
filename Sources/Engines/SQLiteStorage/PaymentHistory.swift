import BridgeModel
import Storage

extension ReadConnection {
  /// Periods in which something happened, oldest first.
  func history(_ query: HistoryQuery) throws(StorageError) -> [HistoryPeriod] {
    guard !query.books.isEmpty else { return [] }
    var sums = HistorySums(group: query.group)
    // A store may hold times before 1970, and before RFC 3339: they count where nothing is asked
    // for.
    let since = query.since.map { sums.start(of: $0.milliseconds) } ?? .min
    var balance = MillisatoshiSum.zero
    for book in try bookIDs(query.books).keys {
      balance += try self.balance(of: book)
      try addPayments(of: book, since: since, to: &sums)
      try addAdjustments(of: book, since: since, to: &sums)
    }
    return sums.periods(closingWith: balance, atMost: HistoryQuery.maximumPeriods)
  }

  private func balance(of book: BookID) throws(StorageError) -> Millisatoshi {
    let rows = try statement("SELECT balance FROM books WHERE id = ?")
    rows.bind(1, book.number)
    defer { rows.reset() }
    return try rows.step() ? Millisatoshi(rows.int64(0)) : .zero
  }

  private func addPayments(
    of book: BookID, since: Int64, to sums: inout HistorySums
  ) throws(StorageError) {
    // Everything asked for stands in the index. Status 0 is pending, 1 settled; direction 1 is
    // outgoing.
    let rows = try statement(
      """
      SELECT moved_at, direction, amount, fee FROM payments INDEXED BY payments_by_time
      WHERE book = ? AND moved_at >= ? AND (status = 1 OR (status = 0 AND direction = 1))
      """)
    rows.bind(1, book.number)
    rows.bind(2, since)
    defer { rows.reset() }
    while try rows.step() {
      let amount = Millisatoshi(rows.int64(2))
      let isOutgoing = rows.int64(1) == 1
      sums.add(at: rows.int64(0)) { sum in
        if isOutgoing { sum.outgoing += amount } else { sum.incoming += amount }
        sum.fee += Millisatoshi(rows.int64(3))
        sum.count += 1
      }
    }
  }

  private func addAdjustments(
    of book: BookID, since: Int64, to sums: inout HistorySums
  ) throws(StorageError) {
    let rows = try statement("SELECT at, change FROM adjustments WHERE book = ? AND at >= ?")
    rows.bind(1, book.number)
    rows.bind(2, since)
    defer { rows.reset() }
    while try rows.step() {
      sums.add(at: rows.int64(0)) { $0.unexplained += Millisatoshi(rows.int64(1)) }
    }
  }
}
