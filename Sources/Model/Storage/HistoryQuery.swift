package import BridgeModel

/// Which sums to make, as `GET /api/v1/history` asks.
package struct HistoryQuery: Sendable, Hashable {
  /// A period of the calendar in UTC.
  package enum Group: String, Sendable {
    case hour
    case day
    case month
  }

  /// The most periods of one answer; the newest are kept.
  package static let maximumPeriods = 10_000

  /// Summed together.
  package var books: [BookIdentity]
  package var group: Group
  /// Begins with the period that this falls in; nil is everything.
  package var since: Timestamp?

  package init(books: [BookIdentity], group: Group, since: Timestamp? = nil) {
    self.books = books
    self.group = group
    self.since = since
  }
}

/// What moved the balance in one period. Pending outgoing payments count, with their reserve, as
/// LNbits takes them off at once; failed ones do not.
///
/// Sums are exact; one that does not fit is the nearest amount that does.
package struct HistoryPeriod: Sendable, Hashable {
  package var start: Timestamp
  package var incoming: Millisatoshi
  package var outgoing: Millisatoshi
  package var fee: Millisatoshi
  /// Payments, without differences that no payment explains.
  package var count: Int
  /// The balance at the period's end: the last known balance less all that moved it later. So
  /// between two periods it changes by incoming − outgoing − fee, and by differences that no
  /// payment explains.
  package var closingBalance: Millisatoshi

  package init(
    start: Timestamp, incoming: Millisatoshi, outgoing: Millisatoshi, fee: Millisatoshi,
    count: Int, closingBalance: Millisatoshi
  ) {
    self.start = start
    self.incoming = incoming
    self.outgoing = outgoing
    self.fee = fee
    self.count = count
    self.closingBalance = closingBalance
  }
}
