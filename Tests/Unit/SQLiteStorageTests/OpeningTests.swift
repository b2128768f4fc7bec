import BridgeModel
import Glibc
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

@Suite("Opening")
struct OpeningTests {
  private let directory = TemporaryDirectory()

  private func cause(opening path: String) -> StorageError.Cause? {
    failureCause { () throws(StorageError) in _ = try openStore(path) }
  }

  @Test("directories and files are made for this user alone")
  func modes() throws {
    let path = directory.path + "/a/b/store.db"
    let store = try openStore(path)
    _ = try store.append([sampleEntry([samplePayment("p")])])
    #expect(Files.mode(directory.path + "/a") == 0o700)
    #expect(Files.mode(directory.path + "/a/b") == 0o700)
    for suffix in ["", "-wal", "-shm", "-lock", "-head"] {
      #expect(Files.mode(path + suffix) == 0o600)
    }
  }

  @Test(
    "a second opener is told who has it, also by another name, and may in when the first is gone")
  func twoOpeners() throws {
    let first = try openStore(directory.database)
    #expect(cause(opening: directory.database) == .inUse)
    let link = directory.path + "/link.db"
    #expect(symlink(directory.database, link) == 0)
    #expect(cause(opening: link) == .inUse)
    // The failed openers must not have taken the first one's locks with them.
    _ = try first.append([sampleEntry([samplePayment("p")])])
    first.close()
    #expect(cause(opening: link) == nil)
  }

  @Test("a second process is kept out")
  func twoProcesses() throws {
    let writer = try CrashWriterProcess(["append", directory.database, "x"])
    #expect(writer.readLines(atLeast: 1).count == 1)
    #expect(cause(opening: directory.database) == .inUse)
    writer.kill()
    #expect(cause(opening: directory.database) == nil)
  }

  @Test("the message of a store in use says so in words")
  func message() throws {
    let first = try openStore(directory.database)
    do throws(StorageError) {
      _ = try openStore(directory.database)
      Issue.record("a second opener came in")
    } catch {
      #expect(error.description.contains("another walletwire uses it (process \(getpid()))"))
    }
    first.close()
  }

  @Test("a directory without write permission is read-only, to a user who is not root")
  func readOnlyDirectory() throws {
    #expect(chmod(directory.path, 0o555) == 0)
    defer { chmod(directory.path, 0o700) }
    let writer = try CrashWriterProcess(["open", directory.database])
    #expect(writer.readLines(atLeast: 1) == ["readOnly"])
  }

  @Test(
    "what lies in a store's files' place and is none of them is left as it was, and named",
    arguments: ["-lock", "-head", "-wal", "-shm"], ["symbolic link", "dangling link", "pipe"])
  func foreignFiles(suffix: String, kind: String) throws {
    let victim = directory.path + "/victim"
    let content = Array("somebody else's\n".utf8)
    if kind == "symbolic link" { Files.write(content, to: victim) }
    let place = directory.database + suffix
    let isMade =
      kind == "pipe" ? mkfifo(place, 0o600) == 0 : symlink(victim, place) == 0
    try #require(isMade)
    if suffix == "-lock" || suffix == "-head" {
      do throws(StorageError) {
        _ = try openStore(directory.database)
        Issue.record("it was taken for ours")
      } catch {
        #expect(error.cause == .cannotOpen && error.description.contains(place))
      }
    } else {
      // SQLite refuses it, or takes the place for a remnant and removes that, never what it leads
      // to.
      _ = cause(opening: directory.database)
    }
    #expect(Files.read(victim) == (kind == "symbolic link" ? content : nil))
  }

  @Test(
    "a file with another content is no lock, and keeps its content",
    arguments: ["x", "12", "12\nx", "12 \n", "\n", String(repeating: "1", count: 40) + "\n"])
  func foreignContent(_ content: String) throws {
    let place = directory.database + "-lock"
    Files.write(Array(content.utf8), to: place)
    #expect(cause(opening: directory.database) == .cannotOpen)
    #expect(Files.read(place) == Array(content.utf8))
  }

  @Test("a lock that was left is taken over", arguments: ["", "1\n", "4194304\n"])
  func leftLock(_ content: String) throws {
    Files.write(Array(content.utf8), to: directory.database + "-lock")
    let store = try openStore(directory.database)
    #expect(Files.read(directory.database + "-lock") == Array("\(getpid())\n".utf8))
    store.close()
  }

  @Test("a database behind a link is opened, and one that is no file is not")
  func databasesOfOtherKinds() throws {
    let link = directory.path + "/link.db"
    try #require(symlink(directory.database, link) == 0)
    #expect(cause(opening: link) == nil && Files.size(directory.database) != nil)
    let pipe = directory.path + "/pipe.db"
    try #require(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, directory.path, "/dev/null"] { #expect(cause(opening: path) == .cannotOpen) }
  }

  @Test("a path through a file cannot be opened")
  func pathThroughAFile() {
    Files.write([], to: directory.path + "/file")
    #expect(cause(opening: directory.path + "/file/store.db") == .cannotOpen)
  }

  @Test("a file that is no database is corrupt, and stays as it is")
  func notADatabase() {
    let content = Array("no database at all, but long enough to look at. ".utf8) + Array(0...255)
    Files.write(content, to: directory.database)
    #expect(cause(opening: directory.database) == .corrupt)
    #expect(Files.read(directory.database) == content)
  }

  @Test("a store whose pages are overwritten is corrupt")
  func overwrittenPages() throws {
    let store = try openStore(directory.database)
    _ = try store.append([sampleEntry([samplePayment("p")])])
    store.close()
    var content = try #require(Files.read(directory.database))
    for index in 4096..<content.count { content[index] = 0xa5 }
    Files.write(content, to: directory.database)
    #expect(cause(opening: directory.database) == .corrupt)
  }

  @Test("another program's database is foreign, and stays as it is")
  func foreign() throws {
    Files.write([], to: directory.database)
    do {
      let other = try Database(
        path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
      try other.execute("CREATE TABLE notes (text TEXT)")
    }
    #expect(cause(opening: directory.database) == .foreign)
  }

  @Test("a later release's store is not touched, and the error names both versions")
  func newerVersion() throws {
    try openStore(directory.database).close()
    do {
      let later = try Database(
        path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
      try later.execute("PRAGMA user_version = 99")
    }
    let known = Schema.version
    #expect(cause(opening: directory.database) == .newerVersion(found: 99, known: known))
  }

  @Test("a store of the version before is brought to this one, with all that is in it")
  func olderVersion() throws {
    let store = try openStore(directory.database)
    _ = try store.append([
      sampleEntry([samplePayment("a", hash: "h"), samplePayment("h", hash: "h")])
    ])
    let watch = WatchRecord(
      handle: WatchHandle("w_1"), kind: .bolt12MintQuote, secret: WatchSecret("q"))
    try store.addWatch(watch, of: "https://mint.example")
    store.close()
    do {
      let older = try Database(
        path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
      try older.execute("DROP INDEX payments_by_hash")
      try older.execute("CREATE INDEX payments_by_hash ON payments (payment_hash)")
      try older.execute("ALTER TABLE watches DROP COLUMN amount_paid")
      try older.execute("ALTER TABLE watches DROP COLUMN amount_issued")
      try older.execute("PRAGMA user_version = 2")
    }
    let opened = try openStore(directory.database)
    let page = try opened.payments(PaymentQuery(books: [alice], paymentHash: "h"))
    #expect(page.payments.map(\.payment.paymentID) == ["h", "a"])
    #expect(try opened.watches(of: "https://mint.example") == [watch])
    opened.close()
    let file = try Database(
      path: directory.database, access: .readOnly, busyTimeoutMilliseconds: 0)
    #expect(try file.number("PRAGMA user_version") == Int64(Schema.version))
  }

  @Test("an append to a file that was deleted or replaced is refused", arguments: [false, true])
  func vanished(isReplaced: Bool) throws {
    let store = try openStore(directory.database)
    _ = try store.append([sampleEntry([samplePayment("p")])])
    #expect(unlink(directory.database) == 0)
    if isReplaced { Files.write([], to: directory.database) }
    let entry = sampleEntry([samplePayment("q")])
    #expect(failureCause { () throws(StorageError) in _ = try store.append([entry]) } == .vanished)
  }

  @Test("ids go on without a hole, after a clean end and after none")
  func sequencesAfterRestart() throws {
    let store = try openStore(directory.database)
    try store.append(sampleEntry([samplePayment("a")]))
    store.close()
    let second = try openStore(directory.database)
    #expect(try second.append(sampleEntry([samplePayment("b")])).map(\.sequence) == [3, 4])
    let files = try copy()
    second.close()
    let crashed = try openStore(files.database)
    #expect(crashed.epoch == store.epoch)
    #expect(try crashed.append(sampleEntry([samplePayment("c")])).map(\.sequence) == [5, 6])
  }

  @Test("what an earlier release had reserved is not given out again")
  func reservedByAnEarlierRelease() throws {
    let store = try openStore(directory.database)
    try store.append(sampleEntry([samplePayment("a")]))
    store.close()
    do {
      let older = try Database(
        path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
      try older.execute("UPDATE store SET reserved_through = 1024")
    }
    let opened = try openStore(directory.database)
    #expect(opened.bounds.position(of: "\(store.epoch)-1000") == .known(after: 1000))
    #expect(try opened.append(watchEntry(1)).map(\.sequence) == [1025])
  }

  @Test(
    "a store that is put back from an older copy, or without its head, is one of another epoch",
    arguments: ["older", "without a head", "another's head", "as it was"])
  func copies(_ kind: String) throws {
    let store = try openStore(directory.database)
    try store.append(watchEntry(2))
    let older = try copy()
    try store.append(watchEntry(1))
    store.close()
    switch kind {
    case "older":
      for suffix in ["", "-wal"] {
        Files.write(
          try #require(Files.read(older.database + suffix)), to: directory.database + suffix)
      }
    case "without a head": try #require(unlink(directory.database + "-head") == 0)
    case "another's head":
      let other = TemporaryDirectory()
      try openStore(other.database, seed: 2).close()
      Files.write(
        try #require(Files.read(other.database + "-head")), to: directory.database + "-head")
    default: break
    }
    let opened = try openStore(directory.database, seed: 7)
    #expect((opened.epoch == store.epoch) == (kind == "as it was"))
    #expect(opened.bounds.last == (kind == "older" ? 2 : 3))
    let epoch = opened.epoch
    opened.close()
    #expect(try openStore(directory.database, seed: 8).epoch == epoch, "once is enough")
  }

  @Test("the secret of a deleted watch is off the disk")
  func deletedSecret() throws {
    let secret = "a-secret-that-would-be-seen"
    let store = try openStore(directory.database)
    try store.addWatch(
      WatchRecord(
        handle: WatchHandle("w_1"), kind: .bolt11MintQuote, secret: WatchSecret(secret)),
      of: "https://mint.example")
    try store.deleteWatch(WatchHandle("w_1"))
    store.close()
    let bytes = Files.read(directory.database) ?? []
    #expect(!bytes.isEmpty)
    #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
  }

  /// The files as they are now, as after a crash.
  private func copy() throws -> TemporaryDirectory {
    let copy = TemporaryDirectory()
    for suffix in ["", "-wal", "-head"] {
      Files.write(
        try #require(Files.read(directory.database + suffix)), to: copy.database + suffix)
    }
    return copy
  }
}
