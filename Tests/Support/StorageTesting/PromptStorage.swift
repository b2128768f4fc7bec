package import BridgeModel
package import Storage
import Synchronization

/// A storage that answers within the call, for tests that say one thing after another.
package final class PromptStorage: Sendable {
  package let storage: any Storage
  /// Its files go with it.
  private let place: (any AnyObject & Sendable)?
  private let known: Mutex<LogBounds>

  /// - Parameters:
  ///   - storage: An engine whose work is done, and answered, within the call.
  ///   - place: What has to live as long.
  package init(_ storage: any Storage, keeping place: (any AnyObject & Sendable)? = nil) {
    self.storage = storage
    self.place = place
    known = Mutex(storage.boundsAtOpening)
  }

  /// As of the last append.
  package var bounds: LogBounds { known.withLock { $0 } }
  package var epoch: String { bounds.epoch }
  package var lastEventID: EventID { bounds.lastEventID }

  // MARK: Writing

  @discardableResult
  package func append(_ entry: LogEntry) throws(StorageError) -> [EventID] {
    let appended = try answer { storage.append(entry, completion: $0) }
    known.withLock { $0 = appended.bounds }
    return appended.ids
  }

  /// Each for itself.
  @discardableResult
  package func append(_ entries: [LogEntry]) throws(StorageError) -> [EventID] {
    var ids: [EventID] = []
    for entry in entries { ids += try append(entry) }
    return ids
  }

  @discardableResult
  package func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int = 1000
  ) throws(StorageError) -> AddedWatch {
    try answer { storage.addWatch(record, of: origin, limit: limit, completion: $0) }
  }

  @discardableResult
  package func deleteWatch(_ handle: WatchHandle) throws(StorageError) -> String? {
    try answer { storage.deleteWatch(handle, completion: $0) }
  }

  // MARK: Reading

  package func page(_ range: LogRange) throws(StorageError) -> LogPage<[StoredEvent]> {
    try answer {
      storage.read(range, into: [], add: { $0.append(StoredEvent($1)) }, completion: $0)
    }
  }

  /// Everything that is kept.
  package func events() throws(StorageError) -> [StoredEvent] {
    try page(LogRange(after: 0, through: .max)).content
  }

  package func book(for identity: BookIdentity) throws(StorageError) -> StoredBook? {
    try answer { storage.book(for: identity, completion: $0) }
  }

  package func watches(of origin: String) throws(StorageError) -> [WatchRecord] {
    try answer { storage.watches(of: origin, completion: $0) }
  }

  package func payments(_ query: PaymentQuery) throws(StorageError) -> PaymentPage {
    try answer { storage.payments(query, completion: $0) }
  }

  package func payment(
    _ paymentID: String, in books: [BookIdentity]
  ) throws(StorageError) -> ListedPayment? {
    try answer { storage.payment(paymentID, in: books, completion: $0) }
  }

  package func history(_ query: HistoryQuery) throws(StorageError) -> [HistoryPeriod] {
    try answer { storage.history(query, completion: $0) }
  }

  // MARK: Life

  package var health: StorageHealth {
    let box = Box<StorageHealth>()
    storage.health { health in box.value.withLock { $0 = health } }
    return box.value.withLock { $0 } ?? StorageHealth()
  }

  package func close() { storage.close {} }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private func answer<Value: Sendable>(
    _ ask: (@escaping StorageCompletion<Value>) -> Void
  ) throws(StorageError) -> Value {
    let box = Box<Result<Value, StorageError>>()
    ask { result in box.value.withLock { $0 = result } }
    guard let result = box.value.withLock({ $0 }) else {
      preconditionFailure("the engine does not answer within the call")
    }
    return try result.get()
  }
}
