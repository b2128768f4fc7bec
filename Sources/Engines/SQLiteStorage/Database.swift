import CSQLite
import Storage

/// One connection to an SQLite file, and its only owner. Not for use by two threads at once.
///
/// The corresponding C type is `sqlite3`.
final class Database {
  enum Access {
    case readWrite
    case readOnly
  }

  enum CheckpointMode {
    /// Copies what it can without holding up anyone.
    case passive
    /// Holds up writers, waits a little for readers, and makes the next writer begin the WAL anew.
    case restart
    /// As restart, and cuts the WAL to nothing.
    case truncate
  }

  let path: String
  private let handle: OpaquePointer
  /// Written by SQLite's WAL hook within a commit, so on the thread that uses this connection.
  private let walPagesCell: UnsafeMutablePointer<CInt>
  /// A statement for a transaction, and one for a part of it: compiled with the first, finalized in
  /// `deinit`. Not of type `Statement`, which keeps its connection.
  private typealias Pair = (whole: OpaquePointer?, part: OpaquePointer?)
  private var begin: Pair = (nil, nil)
  private var commit: Pair = (nil, nil)

  /// Opens a file that exists.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - access: Whether it may be written.
  ///   - busyTimeoutMilliseconds: How long a statement waits for another connection's lock.
  ///   - vfs: The SQLite VFS to go through; nil is the system's own.
  /// - Throws: ``StorageError`` when the file cannot be opened. A file that is no database is only
  ///   found out by the first statement.
  init(
    path: String, access: Access, busyTimeoutMilliseconds: CInt, vfs: String? = nil
  ) throws(StorageError) {
    self.path = path
    // One user at a time is a promise of this class, so SQLite need not lock as well.
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
      | (access == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY)
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags, vfs)
    guard code == SQLITE_OK, let opened else {
      let failure = Self.failure(code, opened, path: path)
      sqlite3_close_v2(opened)
      throw failure
    }
    handle = opened
    walPagesCell = .allocate(capacity: 1)
    walPagesCell.initialize(to: 0)
    sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
    // Taking the hook also takes out SQLite's own checkpoints, which would run inside somebody's
    // commit.
    sqlite3_wal_hook(
      handle,
      { cell, _, _, pages in
        cell?.assumingMemoryBound(to: CInt.self).pointee = pages
        return SQLITE_OK
      }, walPagesCell)
  }

  deinit {
    for statement in [begin.whole, begin.part, commit.whole, commit.part] {
      sqlite3_finalize(statement)
    }
    // Each other statement holds its connection, so none is left by now.
    sqlite3_close_v2(handle)
    walPagesCell.deallocate()
  }

  /// The pages that stood in the WAL after this connection's last commit.
  var walPages: Int { Int(walPagesCell.pointee) }

  /// SQLite falls back to reading when the file may not be written; the corresponding C function is
  /// `sqlite3_db_readonly`.
  var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

  /// Runs statements that answer nothing.
  func execute(_ sql: String) throws(StorageError) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil))
  }

  /// Compiles a statement to be kept.
  func prepare(_ sql: String) throws(StorageError) -> Statement {
    var statement: OpaquePointer?
    let flags = CUnsignedInt(SQLITE_PREPARE_PERSISTENT)
    try check(sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil))
    guard let statement else {
      throw StorageError(.statement, path: path, detail: "an empty statement")
    }
    return Statement(statement, of: self)
  }

  /// The first column of the first row, as a number; nil without a row.
  func number(_ sql: String) throws(StorageError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.int64(0) : nil
  }

  /// The first column of the first row, as text; nil without a row.
  func text(_ sql: String) throws(StorageError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.string(0) : nil
  }

  /// Whether the path no longer leads to the file that is open.
  func hasMoved() -> Bool {
    var moved: CInt = 0
    let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
    return code == SQLITE_OK && moved != 0
  }

  /// Copies the WAL into the database file.
  ///
  /// - Returns: The pages in the WAL, and how many of them are copied. Being held up by somebody
  ///   else is no error.
  func checkpoint(_ mode: CheckpointMode) throws(StorageError) -> (pages: Int, copied: Int) {
    let mode =
      switch mode {
      case .passive: SQLITE_CHECKPOINT_PASSIVE
      case .restart: SQLITE_CHECKPOINT_RESTART
      case .truncate: SQLITE_CHECKPOINT_TRUNCATE
      }
    try openWAL()
    var pages: CInt = 0
    var copied: CInt = 0
    let code = sqlite3_wal_checkpoint_v2(handle, "main", mode, &pages, &copied)
    if code & 0xff != SQLITE_BUSY { try check(code) }
    return (Int(pages), Int(copied))
  }

  /// A connection opens the WAL with its first read; until then it has nothing to copy.
  private func openWAL() throws(StorageError) {
    _ = try number("SELECT count(*) FROM sqlite_schema")
  }

  /// Runs `body` in a write transaction: all of it is committed, or nothing.
  ///
  /// - Throws: What `body` or the commit threw; the transaction is then rolled back.
  func transaction<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try run("BEGIN IMMEDIATE", &begin.whole)
    do {
      let result = try body()
      try run("COMMIT", &commit.whole)
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  /// Runs `body` as a part of a transaction that is undone by itself when it fails.
  ///
  /// - Throws: What `body` threw. Some errors end the whole transaction; see ``isInTransaction``.
  func savepoint<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try run("SAVEPOINT part", &begin.part)
    do {
      let result = try body()
      try run("RELEASE part", &commit.part)
      return result
    } catch {
      if isInTransaction { try execute("ROLLBACK TO part; RELEASE part") }
      throw error
    }
  }

  /// Runs a statement that answers nothing, compiled once.
  private func run(_ sql: String, _ statement: inout OpaquePointer?) throws(StorageError) {
    if statement == nil {
      let flags = CUnsignedInt(SQLITE_PREPARE_PERSISTENT)
      try check(sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil))
    }
    let code = sqlite3_step(statement)
    // The error is read before the reset, which would speak for itself.
    let failure = code == SQLITE_DONE ? nil : failure(code)
    sqlite3_reset(statement)
    if let failure { throw failure }
  }

  /// Ends a transaction that failed. Some errors (a full disk, for one) have SQLite do it by
  /// itself.
  func rollBack() {
    if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    // A ROLLBACK has no way to fail once the statements are reset, and they reset themselves on
    // failure.
    precondition(!isInTransaction, "a rolled back transaction is over")
  }

  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Turns a result code into an error, with what SQLite has to say about it.
  func check(_ code: CInt) throws(StorageError) {
    guard code == SQLITE_OK else { throw Self.failure(code, handle, path: path) }
  }

  func failure(_ code: CInt) -> StorageError {
    Self.failure(code, handle, path: path)
  }

  private static func failure(
    _ code: CInt, _ handle: OpaquePointer?, path: String
  ) -> StorageError {
    let message = handle.map { String(cString: sqlite3_errmsg($0)) }
    return StorageError(
      sqlite: code, systemError: handle.map { sqlite3_system_errno($0) } ?? 0,
      message: message ?? String(cString: sqlite3_errstr(code)), path: path)
  }
}
