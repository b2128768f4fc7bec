import BridgeModel
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

/// SQLite ends a transaction by itself when the disk is full; after other errors it leaves that to
/// its caller.
@Suite("Transactions")
struct DatabaseTests {
  private let directory = TemporaryDirectory()

  private func open() throws -> Database {
    Files.write([], to: directory.database)
    let database = try Database(
      path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
    try database.execute("CREATE TABLE numbers (number INTEGER UNIQUE)")
    return database
  }

  @Test("a transaction whose body fails leaves nothing, and the next one works")
  func bodyFails() throws {
    let database = try open()
    let cause = failureCause { () throws(StorageError) in
      try database.transaction { () throws(StorageError) in
        try database.execute("INSERT INTO numbers VALUES (1)")
        throw StorageError(.corrupt, path: "")
      }
    }
    #expect(cause == .corrupt)
    try database.transaction { () throws(StorageError) in
      try database.execute("INSERT INTO numbers VALUES (2)")
    }
    #expect(try database.number("SELECT sum(number) FROM numbers") == 2)
  }

  @Test("so does one whose statement is refused")
  func statementFails() throws {
    let database = try open()
    let insert = try database.prepare("INSERT INTO numbers VALUES (?)")
    let cause = failureCause { () throws(StorageError) in
      try database.transaction { () throws(StorageError) in
        for _ in 0..<2 {
          insert.bind(1, Int64(7))
          try insert.run()
        }
      }
    }
    #expect(cause == .statement)
    try database.transaction { () throws(StorageError) in
      insert.bind(1, Int64(8))
      try insert.run()
    }
    #expect(try database.number("SELECT sum(number) FROM numbers") == 8)
  }

  @Test("an append that another program's lock holds up leaves nothing, and the next one works")
  func lockedOut() throws {
    let store = try openStore(directory.database)
    let other = try Database(
      path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    let entry = sampleEntry([samplePayment("p")])
    #expect(failureCause { () throws(StorageError) in _ = try store.append([entry]) } == .busy)
    try other.execute("COMMIT")
    #expect(try store.append([entry]).map(\.sequence) == [1, 2])
  }
}
