package import BridgeModel

/// The reads and writes that an endpoint waits for, as asynchronous functions.
extension Storage {
  package func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int
  ) async throws(StorageError) -> AddedWatch {
    try await value { addWatch(record, of: origin, limit: limit, completion: $0) }
  }

  package func deleteWatch(_ handle: WatchHandle) async throws(StorageError) -> String? {
    try await value { deleteWatch(handle, completion: $0) }
  }

  package func watches(of origin: String) async throws(StorageError) -> [WatchRecord] {
    try await value { watches(of: origin, completion: $0) }
  }

  package func payments(_ query: PaymentQuery) async throws(StorageError) -> PaymentPage {
    try await value { payments(query, completion: $0) }
  }

  package func payment(
    _ paymentID: String, in books: [BookIdentity]
  ) async throws(StorageError) -> ListedPayment? {
    try await value { payment(paymentID, in: books, completion: $0) }
  }

  package func history(_ query: HistoryQuery) async throws(StorageError) -> [HistoryPeriod] {
    try await value { history(query, completion: $0) }
  }

  package func close() async {
    await withCheckedContinuation { continuation in close { continuation.resume() } }
  }

  private func value<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ call: (@escaping StorageCompletion<Value>) -> Void
  ) async throws(StorageError) -> Value {
    let result = await withCheckedContinuation { continuation in
      call { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}
