import CSQLite

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
  /// Compiled with the first transaction, finalized in `deinit`. Not of type `Statement`, which
  /// keeps its connection.
  private var begin: OpaquePointer?
  private var commit: OpaquePointer?

  /// Opens a file that exists.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - access: Whether it may be written.
  ///   - busyTimeoutMilliseconds: How long a statement waits for another connection's lock.
  ///   - vfs: The SQLite VFS to go through; nil is the system's own.
  /// - Throws: ``StoreError`` when the file cannot be opened. A file that is no database is only
  ///   found out by the first statement.
  init(
    path: String, access: Access, busyTimeoutMilliseconds: CInt, vfs: String? = nil
  ) throws(StoreError) {
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
    sqlite3_finalize(begin)
    sqlite3_finalize(commit)
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
  func execute(_ sql: String) throws(StoreError) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil))
  }

  /// Compiles a statement to be kept.
  func prepare(_ sql: String) throws(StoreError) -> Statement {
    var statement: OpaquePointer?
    let flags = CUnsignedInt(SQLITE_PREPARE_PERSISTENT)
    try check(sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil))
    guard let statement else {
      throw StoreError(.statement, path: path, detail: "an empty statement")
    }
    return Statement(statement, of: self)
  }

  /// The first column of the first row, as a number; nil without a row.
  func number(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.int64(0) : nil
  }

  /// The first column of the first row, as text; nil without a row.
  func text(_ sql: String) throws(StoreError) -> String? {
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
  func checkpoint(_ mode: CheckpointMode) throws(StoreError) -> (pages: Int, copied: Int) {
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

  /// Waits until everything that any connection of this process or another wrote to the WAL is on
  /// the disk.
  ///
  /// `fsync` is about the file, not about who wrote to it, so the WAL that this connection has open
  /// will do.
  func syncWAL() throws(StoreError) {
    try openWAL()
    var file: UnsafeMutablePointer<sqlite3_file>?
    try check(sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file))
    guard let file, let sync = file.pointee.pMethods?.pointee.xSync else {
      throw StoreError(.inputOutput, path: path, detail: "the WAL is not open")
    }
    try check(sync(file, SQLITE_SYNC_NORMAL))
  }

  /// A connection opens the WAL with its first read; until then it has nothing to copy or to sync.
  private func openWAL() throws(StoreError) {
    _ = try number("SELECT count(*) FROM sqlite_schema")
  }

  /// Runs `body` in a write transaction: all of it is committed, or nothing.
  ///
  /// - Throws: What `body` or the commit threw; the transaction is then rolled back.
  func transaction<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try run("BEGIN IMMEDIATE", &begin)
    do {
      let result = try body()
      try run("COMMIT", &commit)
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  /// Runs a statement that answers nothing, compiled once.
  private func run(_ sql: String, _ statement: inout OpaquePointer?) throws(StoreError) {
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

  private var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Turns a result code into an error, with what SQLite has to say about it.
  func check(_ code: CInt) throws(StoreError) {
    guard code == SQLITE_OK else { throw Self.failure(code, handle, path: path) }
  }

  func failure(_ code: CInt) -> StoreError {
    Self.failure(code, handle, path: path)
  }

  private static func failure(
    _ code: CInt, _ handle: OpaquePointer?, path: String
  ) -> StoreError {
    let message = handle.map { String(cString: sqlite3_errmsg($0)) }
    return StoreError(
      sqlite: code, systemError: handle.map { sqlite3_system_errno($0) } ?? 0,
      message: message ?? String(cString: sqlite3_errstr(code)), path: path)
  }
}
