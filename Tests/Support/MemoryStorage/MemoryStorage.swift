package import BridgeModel
package import Storage
import Synchronization

/// A toy engine: a storage in memory, which goes with the process.
package final class MemoryStorage: Storage {
  package typealias Deliver = @Sendable (@escaping @Sendable () -> Void) -> Void

  package let boundsAtOpening: LogBounds
  private let contents: MemoryContents
  private let keepEvents: Int
  private let deliver: Deliver
  private let isClosed = Mutex(false)

  /// - Parameters:
  ///   - contents: What is kept; another storage may go on with it after this one.
  ///   - keepEvents: How many events stay, at least 1.
  ///   - random: Names a new store.
  ///   - deliver: Answers, on the bridge's loop.
  package init(
    _ contents: MemoryContents, keepEvents: Int, using random: inout some RandomNumberGenerator,
    deliver: @escaping Deliver
  ) {
    self.contents = contents
    self.keepEvents = keepEvents
    self.deliver = deliver
    let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    let epoch = String((0..<8).map { _ in alphabet[Int.random(in: 0..<36, using: &random)] })
    boundsAtOpening = contents.state.withLock { state in
      if state.epoch.isEmpty { state.epoch = epoch }
      return state.bounds
    }
  }

  private func answer<Value: Sendable>(
    _ completion: @escaping StorageCompletion<Value>,
    _ work: (inout MemoryContents.State) -> Value
  ) {
    let isClosed = isClosed.withLock { $0 }
    let result: Result<Value, StorageError> =
      isClosed
      ? .failure(StorageError(.closed, path: "memory"))
      : .success(contents.state.withLock { work(&$0) })
    deliver { completion(result) }
  }

  // MARK: Writing

  package func append(_ entry: LogEntry, completion: @escaping StorageCompletion<Appended>) {
    answer(completion) { $0.append(entry, keeping: keepEvents) }
  }

  package func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int,
    completion: @escaping StorageCompletion<AddedWatch>
  ) {
    answer(completion) { state in
      let watches = state.watches.filter { $0.origin == origin }
      if let twin = watches.first(where: { $0.record.secret == record.secret }) {
        return .present(twin.record)
      }
      guard watches.count < limit else { return .tooMany }
      state.watches.append((origin, record))
      return .added
    }
  }

  package func deleteWatch(
    _ handle: WatchHandle, completion: @escaping StorageCompletion<String?>
  ) {
    answer(completion) { state in
      guard let index = state.watches.firstIndex(where: { $0.record.handle == handle }) else {
        return nil
      }
      return state.watches.remove(at: index).origin
    }
  }

  // MARK: Reading

  package func read<Content: Sendable>(
    _ range: LogRange, into content: Content,
    add: @escaping @Sendable (inout Content, EventRow) -> Void,
    completion: @escaping StorageCompletion<LogPage<Content>>
  ) {
    answer(completion) { $0.read(range, into: content, add: add) }
  }

  package func book(
    for identity: BookIdentity, completion: @escaping StorageCompletion<StoredBook?>
  ) {
    answer(completion) { state in
      guard let id = state.find(identity), let record = state.books[id] else { return nil }
      return StoredBook(
        record: record, payments: state.payments.filter { $0.book == id }.map(\.payment))
    }
  }

  package func watches(
    of origin: String, completion: @escaping StorageCompletion<[WatchRecord]>
  ) {
    answer(completion) { $0.watches.filter { $0.origin == origin }.map(\.record) }
  }

  package func payments(
    _ query: PaymentQuery, completion: @escaping StorageCompletion<PaymentPage>
  ) {
    answer(completion) { $0.page(query) }
  }

  package func payment(
    _ paymentID: String, in books: [BookIdentity],
    completion: @escaping StorageCompletion<ListedPayment?>
  ) {
    answer(completion) { state in
      for (index, identity) in books.enumerated() {
        guard let id = state.find(identity),
          let row = state.payments.first(where: {
            $0.book == id && $0.payment.paymentID == paymentID
          })
        else { continue }
        return ListedPayment(book: index, payment: row.payment)
      }
      return nil
    }
  }

  package func history(
    _ query: HistoryQuery, completion: @escaping StorageCompletion<[HistoryPeriod]>
  ) {
    answer(completion) { $0.history(query) }
  }

  // MARK: Life

  package func health(completion: @escaping @Sendable (StorageHealth) -> Void) {
    deliver { completion(StorageHealth()) }
  }

  package func close(completion: @escaping @Sendable () -> Void) {
    isClosed.withLock { $0 = true }
    deliver(completion)
  }
}
