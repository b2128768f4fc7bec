import BridgeModel
import Synchronization

/// Reads a store on a connection of its own, from any thread, one caller at a time. Each call is
/// one short read transaction: it holds up no append, and no checkpoint for long.
///
/// `@unchecked Sendable` is right because the connection is touched only under the lock. (A `Mutex`
/// round it would not let a caller's closure meet the connection.)
package final class StoreReader: EventLogReader, @unchecked Sendable {
  private let connection: ReadConnection
  private let lock = Mutex(())
  private let epoch: String
  private let startedAfter: Int64

  init(path: String, epoch: String, startedAfter: Int64, vfs: String?) throws(StoreError) {
    connection = try ReadConnection(path: path, vfs: vfs)
    self.epoch = epoch
    self.startedAfter = startedAfter
  }

  package func bounds() throws(StoreError) -> LogBounds {
    let (pruned, last) = try lock.withLock { (_) throws(StoreError) in
      try connection.bounds()
    }
    return LogBounds(
      epoch: epoch, prunedThrough: pruned, last: last, issuedThrough: max(last, startedAfter))
  }

  package func lastEvent(through sequence: Int64) throws(StoreError) -> Int64? {
    try lock.withLock { (_) throws(StoreError) in
      try connection.lastEvent(through: sequence)
    }
  }

  package func replay(
    after sequence: Int64, limit: Int, maximumBytes: Int, _ body: (EventRow) -> Void
  ) throws(StoreError) -> ReplayProgress {
    try lock.withLock { (_) throws(StoreError) in
      try connection.replay(after: sequence, limit: limit, maximumBytes: maximumBytes, body)
    }
  }

  /// A page of payments, newest first; see ``PaymentQuery``.
  package func payments(_ query: PaymentQuery) throws(StoreError) -> PaymentPage {
    try lock.withLock { (_) throws(StoreError) in
      try connection.payments(query)
    }
  }

  /// One payment of a book; nil if it has none of this id.
  package func payment(
    _ paymentID: String, in book: BookID
  ) throws(StoreError) -> ListedPayment? {
    try lock.withLock { (_) throws(StoreError) in
      try connection.payment(paymentID, in: book)
    }
  }

  /// Sums over time; see ``HistoryQuery``.
  package func history(_ query: HistoryQuery) throws(StoreError) -> [HistoryPeriod] {
    try lock.withLock { (_) throws(StoreError) in
      try connection.history(query)
    }
  }
}
