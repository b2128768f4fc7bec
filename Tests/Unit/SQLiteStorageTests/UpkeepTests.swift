import BridgeModel
import Storage
import StorageTesting
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStorage

@Suite("Write-ahead log and transactions")
struct UpkeepTests {
  private let directory = TemporaryDirectory()

  private func bigEntry(_ count: Int) -> LogEntry {
    watchEntry(count, data: String(repeating: "x", count: 3000))
  }

  @Test("checkpoints keep the WAL bounded while appends go on")
  func boundedWAL() throws {
    let store = try openStore(directory.database, keepEvents: 100)
    for _ in 0..<60 { try store.append(bigEntry(100)) }
    let size = try #require(Files.size(directory.database + "-wal"))
    // A checkpoint is due at 1024 pages; one commit may go beyond.
    #expect(size < 2 * StoreWriter.checkpointPages * 4200)
  }

  @Test("the WAL stays bounded where nothing but the writer gets to work")
  func boundedUnderPressure() throws {
    var random = SeededGenerator(seed: 1)
    let workers = StorageWorkers(
      write: { $0() }, readLog: { $0() }, work: { _ in }, deliver: { $0() })
    let store = PromptStorage(
      try SQLiteStorage(
        path: directory.database, keepEvents: 100, using: &random, workers: workers))
    var largest = 0
    for _ in 0..<300 {
      try store.append(bigEntry(100))
      largest = max(largest, Files.size(directory.database + "-wal") ?? 0)
    }
    // More than three times the bound went through it.
    let commit = 400
    #expect(largest <= (StoreWriter.maximumPages + commit) * 4200)
  }

  @Test("a book that is asked for has what was called to be written before, though it waits")
  func booksBehindWrites() throws {
    let writer = BusyWriter()
    let storage = try writer.store(directory.database)
    let heard = Mutex<[String]>([])
    storage.append(sampleEntry([samplePayment("p")])) { _ in
      heard.withLock { $0.append("written") }
    }
    storage.book(for: alice) { result in
      let payments = (try? result.get()?.payments.count) ?? 0
      heard.withLock { $0.append("a book of \(payments)") }
    }
    #expect(heard.withLock { $0 } == [])
    // The writer may be called in any order, as long as it is called.
    for work in writer.waiting.reversed() { work() }
    #expect(heard.withLock { $0 } == ["written", "a book of 1"])
  }

  @Test("what waits together is one transaction, answered in order, each for itself")
  func groupCommit() throws {
    let writer = BusyWriter()
    let storage = try writer.store(directory.database)
    let heard = Mutex<[String]>([])
    let watch = WatchRecord(
      handle: WatchHandle("w"), kind: .bolt11MintQuote, secret: WatchSecret("q"))
    for number in 1...3 {
      storage.append(watchEntry(number)) { result in
        guard case .success(let appended) = result else { return }
        let line = "\(number): \(appended.ids.count) to \(appended.bounds.last)"
        heard.withLock { $0.append(line) }
      }
      // The same handle again, of another secret: the second fails, and takes nobody along.
      var record = watch
      record.secret = WatchSecret("q\(number)")
      storage.addWatch(record, of: "mint", limit: 9) { result in
        let isAdded = if case .success(.added) = result { true } else { false }
        heard.withLock { $0.append("watch \(number): \(isAdded)") }
      }
    }
    #expect(heard.withLock { $0 } == [])
    #expect(writer.waiting.count == 1)
    writer.waiting.first?()
    #expect(
      heard.withLock { $0 } == [
        "1: 1 to 1", "watch 1: true", "2: 2 to 3", "watch 2: false", "3: 3 to 6", "watch 3: false",
      ])
  }
}

/// A writer that has something else to do, until a test calls what waits for it.
private final class BusyWriter: Sendable {
  private let work = Mutex<[@Sendable () -> Void]>([])

  var waiting: [@Sendable () -> Void] { work.withLock { $0 } }

  func store(_ path: String) throws(StorageError) -> SQLiteStorage {
    var random = SeededGenerator(seed: 1)
    return try SQLiteStorage(
      path: path, keepEvents: 100, using: &random,
      workers: StorageWorkers(
        write: { [self] work in self.work.withLock { $0.append(work) } }, readLog: { $0() },
        work: { $0() }, deliver: { $0() }))
  }
}
