import BridgeModel
import FaultyDisk
import TestSupport
import Testing

@testable import EventStore

/// A commit goes to the WAL in one piece, and the WAL is none the wiser.
@Suite("Gathered frames")
struct GatheredFramesTests {
  private static let pageBytes = 64

  private final class File {
    var content: [UInt8] = []
    var writes: [(offset: Int64, count: Int)] = []
    var failure: CInt = 0

    func write(_ bytes: UnsafeRawBufferPointer, _ offset: Int64) -> CInt {
      guard failure == 0 else { return failure }
      writes.append((offset, bytes.count))
      let end = Int(offset) + bytes.count
      content.append(contentsOf: repeatElement(0, count: max(0, end - content.count)))
      content.replaceSubrange(Int(offset)..<end, with: bytes)
      return 0
    }
  }

  private static func header(commit: Bool) -> [UInt8] {
    [0, 0, 0, 1, 0, 0, 0, commit ? 9 : 0] + [UInt8](repeating: 0xAB, count: 16)
  }

  private static func take(
    _ bytes: [UInt8], at offset: Int64, _ frames: inout GatheredFrames, _ file: File
  ) -> CInt {
    bytes.withUnsafeBytes { frames.take($0, at: offset, write: file.write) }
  }

  @Test("the pieces of a commit are written with its last page, as one")
  func gathers() {
    var frames = GatheredFrames()
    let file = File()
    #expect(Self.take([UInt8](repeating: 1, count: 32), at: 0, &frames, file) == 0)
    var offset: Int64 = 32
    for isLast in [false, false, true] {
      for piece in [Self.header(commit: isLast), [UInt8](repeating: 5, count: Self.pageBytes)] {
        #expect(file.writes.count == 1)
        #expect(Self.take(piece, at: offset, &frames, file) == 0)
        offset += Int64(piece.count)
      }
    }
    #expect(file.writes.map(\.offset) == [0, 32])
    #expect(file.content.count == Int(offset))
  }

  @Test("what is mended in place, or begins anew, is written at once and behind what was gathered")
  func passesOthersOn() {
    var frames = GatheredFrames()
    let file = File()
    let page = [UInt8](repeating: 5, count: Self.pageBytes)
    _ = Self.take(Self.header(commit: true), at: 32, &frames, file)
    _ = Self.take(page, at: 56, &frames, file)
    #expect(file.writes.count == 1)
    _ = Self.take(Self.header(commit: true), at: 32, &frames, file)
    #expect(file.writes.last?.offset == 32 && file.writes.last?.count == 24)
    _ = Self.take(Self.header(commit: false), at: 120, &frames, file)
    _ = Self.take(page, at: 56, &frames, file)
    #expect(file.writes.map(\.offset) == [32, 32, 120, 56])
    _ = Self.take([UInt8](repeating: 1, count: 32), at: 0, &frames, file)
    _ = Self.take(Self.header(commit: true), at: 32, &frames, file)
    _ = Self.take(page, at: 56, &frames, file)
    #expect(file.writes.map(\.offset) == [32, 32, 120, 56, 0, 32])
  }

  @Test("a write that fails is the commit's failure, and nothing of it comes later")
  func forgetsFailures() {
    var frames = GatheredFrames()
    let file = File()
    let page = [UInt8](repeating: 5, count: Self.pageBytes)
    file.failure = 13
    #expect(Self.take(Self.header(commit: true), at: 32, &frames, file) == 0)
    #expect(Self.take(page, at: 56, &frames, file) == 13)
    file.failure = 0
    #expect(frames.flush(file.write) == 0)
    #expect(file.writes.isEmpty)
  }

  @Test("an append is one write to the WAL")
  func appendsInOneWrite() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "gathering")
    let store = try openStore(directory.database, vfs: disk.name)
    _ = try store.append([sampleEntry([samplePayment("first")])])
    disk.record()
    for number in 0..<10 {
      _ = try store.append([
        sampleEntry([samplePayment("p\(number)"), samplePayment("q\(number)")])
      ])
    }
    #expect(disk.writes(to: "-wal") == 10)
    store.close()
  }

  @Test("a transaction that writes its pages again and again leaves a WAL that another reads")
  func survivesRewriting() throws {
    let directory = TemporaryDirectory()
    let name = try #require(GatheringVFS.name(over: nil))
    Files.write([], to: directory.database)
    let database = try Database(
      path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0, vfs: name)
    _ = try database.text("PRAGMA journal_mode = WAL")
    // So few pages that they go to the WAL in mid-transaction, and come back from there.
    try database.execute(
      "PRAGMA cache_size = 8; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x BLOB)")
    try database.transaction { () throws(StoreError) in
      for id in 0..<500 { try database.execute("INSERT INTO t VALUES (\(id), 0, randomblob(500))") }
      for _ in 0..<5 { try database.execute("UPDATE t SET n = n + 1") }
    }
    // Without the shared memory beside it, the WAL is checked frame by frame.
    for suffix in ["", "-wal"] {
      let content = try #require(Files.read(directory.database + suffix))
      Files.write(content, to: directory.database + "2" + suffix)
    }
    let copy = try Database(
      path: directory.database + "2", access: .readWrite, busyTimeoutMilliseconds: 0)
    #expect(try copy.number("SELECT sum(n) FROM t") == 2500)
    #expect(try copy.text("PRAGMA integrity_check") == "ok")
  }
}
