import BridgeModel
import Storage
import Synchronization

/// Reads a store on a connection of its own, from any thread, one caller at a time. Each call is
/// one read transaction: it holds up no write, and no checkpoint for long.
///
/// `@unchecked Sendable` is right because the connection is touched only under the lock. (A `Mutex`
/// round it would not let a caller's closure meet the connection.)
final class StoreReader: @unchecked Sendable {
  private let path: String
  /// Nil once closed.
  private var connection: ReadConnection?
  private let lock = Mutex(())

  init(path: String, vfs: String?) throws(StorageError) {
    self.path = path
    connection = try ReadConnection(path: path, vfs: vfs)
  }

  func close() {
    lock.withLock { _ in connection = nil }
  }

  func read<Content: Sendable>(
    _ range: LogRange, into content: Content, add: (inout Content, EventRow) -> Void
  ) throws(StorageError) -> LogPage<Content> {
    try use { connection throws(StorageError) in
      try connection.read(range, into: content, add: add)
    }
  }

  func book(for identity: BookIdentity) throws(StorageError) -> StoredBook? {
    try use { connection throws(StorageError) in try connection.book(for: identity) }
  }

  func watches(of origin: String) throws(StorageError) -> [WatchRecord] {
    try use { connection throws(StorageError) in try connection.watches(of: origin) }
  }

  func payments(_ query: PaymentQuery) throws(StorageError) -> PaymentPage {
    try use { connection throws(StorageError) in try connection.payments(query) }
  }

  func payment(
    _ paymentID: String, in books: [BookIdentity]
  ) throws(StorageError) -> ListedPayment? {
    try use { connection throws(StorageError) in try connection.payment(paymentID, in: books) }
  }

  func history(_ query: HistoryQuery) throws(StorageError) -> [HistoryPeriod] {
    try use { connection throws(StorageError) in try connection.history(query) }
  }

  private func use<Value: Sendable>(
    _ work: (ReadConnection) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    try lock.withLock { (_) throws(StorageError) in
      guard let connection else { throw StorageError(.closed, path: path) }
      return try connection.transaction { () throws(StorageError) in try work(connection) }
    }
  }
}
