package import BridgeModel
package import Storage

/// Events, books, payments and watches in one SQLite file.
///
/// Whatever may wait for the disk is done off the loop: one worker writes, one reads the log for
/// subscribers, one does the rest. What waits to be written when the writer is free goes into one
/// transaction, so a burst costs few waits for the disk.
package final class SQLiteStorage: Storage {
  package let boundsAtOpening: LogBounds
  /// The file was put back from an older copy, or came from elsewhere. Its log is one of another
  /// epoch now, so that subscribers are told that what they know of it may not be so.
  package let isCopy: Bool
  private let workers: StorageWorkers
  private let writes: WriteQueue
  private let log: StoreReader
  private let reader: StoreReader
  private let upkeep: StoreUpkeep

  /// Opens a store, and makes it if there is none: its directories with mode 0700, its files with
  /// mode 0600. Waits for the disk.
  ///
  /// - Parameters:
  ///   - path: The database file.
  ///   - keepEvents: How many events stay for subscribers that come back; at least 1.
  ///   - random: Names a new store.
  ///   - workers: Do what waits for the disk.
  ///   - vfs: The SQLite VFS to go through, nil for the system's. Tests break disks with it.
  /// - Throws: ``StorageError``, any cause but `closed`.
  package init(
    path: String, keepEvents: Int, using random: inout some RandomNumberGenerator,
    workers: StorageWorkers, vfs: String? = nil
  ) throws(StorageError) {
    let writer = try StoreWriter(path: path, keepEvents: keepEvents, using: &random, vfs: vfs)
    boundsAtOpening = writer.bounds
    isCopy = writer.isCopy
    log = try StoreReader(path: writer.path, vfs: vfs)
    reader = try StoreReader(path: writer.path, vfs: vfs)
    upkeep = try StoreUpkeep(path: writer.path, vfs: vfs)
    writes = WriteQueue(writer)
    self.workers = workers
  }

  // MARK: Writing

  package func append(_ entry: LogEntry, completion: @escaping StorageCompletion<Appended>) {
    write(completion) { writer throws(StorageError) in try writer.append(entry) }
  }

  package func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int,
    completion: @escaping StorageCompletion<AddedWatch>
  ) {
    write(completion) { writer throws(StorageError) in
      try writer.addWatch(record, of: origin, limit: limit)
    }
  }

  package func deleteWatch(
    _ handle: WatchHandle, completion: @escaping StorageCompletion<String?>
  ) {
    write(completion) { writer throws(StorageError) in try writer.deleteWatch(handle) }
  }

  private func write<Value: Sendable>(
    _ completion: @escaping StorageCompletion<Value>,
    _ work: @escaping @Sendable (StoreWriter) throws(StorageError) -> Value
  ) {
    guard writes.enqueue(WriteQueue.Job(completion, work)) else { return }
    workers.write { [self] in writeAll() }
  }

  /// On the writer.
  private func writeAll() {
    while true {
      let answers = writes.run()
      guard !answers.isEmpty else { return }
      workers.deliver { for answer in answers { answer() } }
      switch writes.checkpointNeed() {
      case .none: break
      case .soon: workers.work { [upkeep] in upkeep.checkpoint() }
      case .now: upkeep.checkpoint()
      }
    }
  }

  // MARK: Reading

  package func read<Content: Sendable>(
    _ range: LogRange, into content: Content,
    add: @escaping @Sendable (inout Content, EventRow) -> Void,
    completion: @escaping StorageCompletion<LogPage<Content>>
  ) {
    answer(completion, by: workers.readLog) { [log] () throws(StorageError) in
      try log.read(range, into: content, add: add)
    }
  }

  package func book(
    for identity: BookIdentity, completion: @escaping StorageCompletion<StoredBook?>
  ) {
    answer(completion, by: afterWrites) { [reader] () throws(StorageError) in
      try reader.book(for: identity)
    }
  }

  package func watches(
    of origin: String, completion: @escaping StorageCompletion<[WatchRecord]>
  ) {
    answer(completion, by: afterWrites) { [reader] () throws(StorageError) in
      try reader.watches(of: origin)
    }
  }

  package func payments(
    _ query: PaymentQuery, completion: @escaping StorageCompletion<PaymentPage>
  ) {
    answer(completion, by: workers.work) { [reader] () throws(StorageError) in
      try reader.payments(query)
    }
  }

  package func payment(
    _ paymentID: String, in books: [BookIdentity],
    completion: @escaping StorageCompletion<ListedPayment?>
  ) {
    answer(completion, by: workers.work) { [reader] () throws(StorageError) in
      try reader.payment(paymentID, in: books)
    }
  }

  package func history(
    _ query: HistoryQuery, completion: @escaping StorageCompletion<[HistoryPeriod]>
  ) {
    answer(completion, by: workers.work) { [reader] () throws(StorageError) in
      try reader.history(query)
    }
  }

  /// Once everything is written that waits already.
  private func afterWrites(_ work: @escaping @Sendable () -> Void) {
    workers.write { [self] in
      writeAll()
      workers.work(work)
    }
  }

  private func answer<Value: Sendable>(
    _ completion: @escaping StorageCompletion<Value>,
    by worker: (@escaping @Sendable () -> Void) -> Void,
    _ work: @escaping @Sendable () throws(StorageError) -> Value
  ) {
    worker { [workers] in
      let result = Result { () throws(StorageError) in try work() }
      workers.deliver { completion(result) }
    }
  }

  // MARK: Life

  package func health(completion: @escaping @Sendable (StorageHealth) -> Void) {
    workers.work { [upkeep, workers] in
      let health = upkeep.health()
      workers.deliver { completion(health) }
    }
  }

  package func close(completion: @escaping @Sendable () -> Void) {
    workers.readLog { [self] in
      log.close()
      workers.work { [self] in
        reader.close()
        upkeep.close()
        workers.write { [self] in
          writeAll()
          writes.close()
          workers.deliver(completion)
        }
      }
    }
  }
}
