import BridgeModel
import FaultyDisk
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

@Suite("Full disk")
struct FullDiskTests {
  @Test("an append that meets a full disk at any write leaves nothing, and the next one succeeds")
  func everyWrite() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "full-disk")
    let store = try openStore(directory.database, vfs: disk.name)
    let reader = store
    var committed = 0
    var failures = 0
    // So much that a commit takes several writes.
    let memo = String(repeating: "m", count: 1000)
    let size = 200
    for writes in 0..<20 {
      let entry = sampleEntry((0..<size).map { samplePayment("p\(writes)-\($0)", memo: memo) })
      let before = store.bounds
      disk.fillUp(afterWrites: writes)
      let cause = failureCause { () throws(StorageError) in _ = try store.append([entry]) }
      disk.fillUp(afterWrites: nil)
      if cause == nil {
        committed += 1
        continue
      }
      failures += 1
      #expect(cause == .full)
      #expect(store.bounds == before)
      let count = try reader.events().count
      #expect(count == (size + 1) * committed)
      #expect(try store.book(for: alice)?.payments.count ?? 0 == size * committed)
      _ = try store.append([entry])
      committed += 1
    }
    #expect(failures > 5, "the disk was full in the middle of appends")
    #expect(committed == 20)
    store.close()
    #expect(try openStore(directory.database).book(for: alice)?.payments.count == 20 * size)
  }

  @Test("a first book that failed to be written is written by the next try")
  func linksAreForgotten() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "full-disk-links")
    let store = try openStore(directory.database, vfs: disk.name)
    disk.fillUp(afterWrites: 0)
    let entry = sampleEntry([samplePayment("p")])
    #expect(failureCause { () throws(StorageError) in _ = try store.append([entry]) } == .full)
    #expect(try store.book(for: alice) == nil)
    disk.fillUp(afterWrites: nil)
    _ = try store.append([entry])
    #expect(try store.book(for: alice)?.payments.count == 1)
  }

  @Test("a difference that failed to be noted is noted by the next try, and once")
  func adjustmentsAreForgotten() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "full-disk-adjustments")
    let store = try openStore(directory.database, vfs: disk.name)
    _ = try store.append([sampleEntry([samplePayment("p")], book: sampleBook(balance: 10))])
    let entry = sampleEntry([samplePayment("q")], book: sampleBook(balance: 15, unexplained: 5))
    disk.fillUp(afterWrites: 0)
    #expect(failureCause { () throws(StorageError) in _ = try store.append([entry]) } == .full)
    disk.fillUp(afterWrites: nil)
    for _ in 0..<2 { _ = try store.append([entry]) }
    store.close()
    let file = try Database(
      path: directory.database, access: .readOnly, busyTimeoutMilliseconds: 0)
    #expect(try file.number("SELECT count(*) FROM adjustments") == 1)
    #expect(try file.number("SELECT sum(change) FROM adjustments") == 5)
  }

  @Test("a reservation that cannot be written stops the append before it gives out an id")
  func reservation() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "full-disk-reservation")
    let store = try openStore(directory.database, vfs: disk.name)
    let event = EncodedEvent(kind: .watch, source: "mint", data: Array("{}".utf8))
    let entry = LogEntry(commit: nil, events: Array(repeating: event, count: 1500))
    disk.fillUp(afterWrites: 0)
    #expect(failureCause { () throws(StorageError) in _ = try store.append([entry]) } == .full)
    #expect(store.lastEventID.sequence == 0)
    disk.fillUp(afterWrites: nil)
    #expect(try store.append([entry]).count == 1500)
  }
}
