import BridgeModel
import Storage

/// The writing side of a store, on one connection: what goes into the log gets its id here.
///
/// For one thread at a time. WAL mode, `synchronous=FULL`: what ``transaction(_:)`` has committed
/// is on the disk, and survives the power as well as the process.
final class StoreWriter {
  /// How long a transaction waits for a lock. Nothing of ours ever holds one; another program that
  /// looks into the file might.
  static let busyTimeoutMilliseconds: CInt = 200
  /// The most events that one append prunes.
  static let maximumPrunedPerAppend = 128
  /// A checkpoint is due once the WAL has this many pages (4 MiB).
  static let checkpointPages = 1024
  /// From this many pages on (32 MiB) a transaction is followed by a checkpoint at once. The WAL
  /// can only begin anew when all of it is copied, and no checkpoint beside them catches up with
  /// transactions that never pause.
  static let maximumPages = 8192

  /// What a checkpoint is to do after a transaction.
  enum CheckpointNeed {
    case none
    /// Beside the transactions, when there is time.
    case soon
    /// Before the next transaction.
    case now
  }

  /// What a transaction changes of what is known of the log, to be put back when it fails.
  private struct Extent {
    var last: Int64
    var prunedThrough: Int64
    var eventCount: Int
  }

  let epoch: String
  /// The file was put back from an older copy, or came from elsewhere: its ids are new ones.
  let isCopy: Bool
  /// Events to keep; at least 1.
  let keepEvents: Int
  private let file: StoreFile
  private let head: StoreHead
  /// Nil once closed.
  private var tables: StoreTables?
  private var extent: Extent
  /// In pages of the WAL.
  private var nextCheckpoint = checkpointPages
  private var nextForcedCheckpoint = maximumPages

  /// Opens a store, and makes it if there is none: its directories with mode 0700, its files with
  /// mode 0600.
  ///
  /// - Parameters:
  ///   - path: The database file.
  ///   - keepEvents: How many events stay for subscribers that come back; at least 1.
  ///   - random: Names a new store.
  ///   - vfs: The SQLite VFS to go through, nil for the system's. Tests break disks with it.
  /// - Throws: ``StorageError``, any cause but `closed`.
  init(
    path: String, keepEvents: Int, using random: inout some RandomNumberGenerator,
    vfs: String? = nil
  ) throws(StorageError) {
    precondition(keepEvents >= 1, "a log keeps at least one event")
    let newEpoch = Self.epoch(using: &random)
    file = try StoreFile(path: path)
    let database = try Database(
      path: file.path, access: .readWrite,
      busyTimeoutMilliseconds: Self.busyTimeoutMilliseconds, vfs: vfs)
    guard !database.isReadOnly else { throw StorageError(.readOnly, path: path) }
    try Self.configure(database)
    let found = try Schema.migrate(database) { newEpoch }
    try Self.lookOver(database)
    let tables = try StoreTables(database)
    guard let row = try tables.store.row() else {
      throw StorageError(.corrupt, path: path, detail: "the store's own row is missing")
    }
    self.tables = tables
    self.keepEvents = keepEvents
    // Nothing kept, but something pruned, is what a copy of a very small log can look like. What an
    // earlier release had reserved may have been told.
    let last = max(
      try database.number("SELECT max(sequence) FROM events") ?? 0, row.prunedThrough,
      row.reservedThrough)
    extent = Extent(
      last: last, prunedThrough: row.prunedThrough,
      eventCount: Int(try database.number("SELECT count(*) FROM events") ?? 0))
    head = try StoreHead(beside: file.path)
    let hasHead = found >= Schema.firstVersionWithHead
    isCopy = hasHead ? try !head.agrees(withEpoch: row.epoch, last: last) : false
    if isCopy { try tables.store.setEpoch(newEpoch) }
    epoch = isCopy ? newEpoch : row.epoch
    head.write(epoch: epoch, last: last)
    try head.sync()
    // The WAL and the head may be new: their names must be on the disk as well.
    try file.syncDirectory()
  }

  deinit {
    close()
  }

  /// Where the store is, without symbolic links.
  var path: String { file.path }

  /// Copies the WAL into the file, and lets go of it. Readers go on.
  ///
  /// A failure is left for the next start, which finds a store that ended in the middle: nothing is
  /// lost.
  func close() {
    guard let tables else { return }
    _ = try? tables.database.checkpoint(.truncate)
    self.tables = nil
    file.unlock()
  }

  var bounds: LogBounds {
    LogBounds(epoch: epoch, prunedThrough: extent.prunedThrough, last: extent.last)
  }

  // MARK: Transactions

  /// Runs `body` in one transaction: when this returns, all that it wrote is on the disk.
  ///
  /// - Throws: What `body` or the commit threw; nothing was written then, and nothing has changed.
  func transaction<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
    let tables = try open()
    guard !tables.database.hasMoved() else { throw StorageError(.vanished, path: file.path) }
    let last = extent.last
    let value = try undoing { () throws(StorageError) in try tables.database.transaction(body) }
    if extent.last != last { head.write(epoch: epoch, last: extent.last) }
    return value
  }

  /// Runs a part of a transaction, which fails for itself.
  ///
  /// - Throws: What `body` threw; the part is undone, and the transaction goes on, unless
  ///   ``isInTransaction`` tells that it is over.
  func part<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
    let tables = try open()
    return try undoing { () throws(StorageError) in try tables.database.savepoint(body) }
  }

  var isInTransaction: Bool { tables?.database.isInTransaction ?? false }

  private func undoing<Value>(
    _ body: () throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    let before = extent
    do throws(StorageError) {
      return try body()
    } catch {
      extent = before
      tables?.books.forgetLinks()
      throw error
    }
  }

  // MARK: Within a transaction

  /// Writes an entry, and prunes what is beyond ``keepEvents``, a few at a time.
  func append(_ entry: LogEntry) throws(StorageError) -> Appended {
    let tables = try open()
    let first = extent.last + 1
    try tables.write(entry, from: first)
    extent.last += Int64(entry.events.count)
    extent.eventCount += entry.events.count
    let surplus = pruneCount
    if surplus > 0 {
      extent.prunedThrough = try tables.prune(surplus)
      extent.eventCount -= surplus
    }
    let ids = (first..<first + Int64(entry.events.count)).map {
      EventID(epoch: epoch, sequence: $0)
    }
    return Appended(ids: ids, bounds: bounds)
  }

  func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int
  ) throws(StorageError) -> AddedWatch {
    let watches = try open().watches
    if let twin = try watches.find(record.secret, of: origin) { return .present(twin) }
    guard try watches.count(of: origin) < limit else { return .tooMany }
    try watches.insert(record, of: origin)
    return .added
  }

  /// - Returns: The origin that had it; nil where there was none.
  func deleteWatch(_ handle: WatchHandle) throws(StorageError) -> String? {
    let tables = try open()
    // A quote's id does not stay behind in a free page.
    try tables.database.execute("PRAGMA secure_delete = ON")
    defer { try? tables.database.execute("PRAGMA secure_delete = OFF") }
    return try tables.watches.delete(handle)
  }

  /// In a long log some events are pruned at once, so that the row that notes it is not written
  /// each time.
  private var pruneCount: Int {
    let surplus = extent.eventCount - keepEvents
    let worthwhile = max(1, min(64, keepEvents / 64))
    return surplus < worthwhile ? 0 : min(surplus, Self.maximumPrunedPerAppend)
  }

  private func open() throws(StorageError) -> StoreTables {
    guard let tables else { throw StorageError(.closed, path: file.path) }
    return tables
  }

  // MARK: WAL

  /// Asked after each transaction.
  func checkpointNeed() -> CheckpointNeed {
    guard let pages = tables?.database.walPages else { return .none }
    if pages < Self.checkpointPages { nextCheckpoint = Self.checkpointPages }
    if pages < Self.maximumPages { nextForcedCheckpoint = Self.maximumPages }
    if pages >= nextForcedCheckpoint {
      // A reader may keep the WAL from beginning anew; then not every transaction should try again.
      nextForcedCheckpoint = pages + Self.checkpointPages
      return .now
    }
    guard pages >= nextCheckpoint else { return .none }
    // While transactions go on, the WAL does not begin anew, and a checkpoint after each of them
    // would slow them all.
    nextCheckpoint = pages + Self.checkpointPages / 4
    return .soon
  }

  // MARK: Opening

  private static func configure(_ database: Database) throws(StorageError) {
    let mode = try database.text("PRAGMA journal_mode = WAL")
    guard mode == "wal" else {
      throw StorageError(.cannotOpen, path: database.path, detail: "no WAL on this file system")
    }
    try database.execute("PRAGMA synchronous = FULL")
    // A WAL that had to grow is cut back when it begins anew, which is this connection's to do. Not
    // to where a checkpoint is due: it would be cut, and grow again, each time.
    try database.execute("PRAGMA journal_size_limit = \(2 * checkpointPages * 4096)")
    // Some builds overwrite what is deleted. Events hold no secrets, and pruning should be cheap.
    try database.execute("PRAGMA secure_delete = OFF")
    try database.execute("PRAGMA temp_store = MEMORY")
    try database.execute("PRAGMA cache_size = -8192")
  }

  /// A quick look for damage: the small tables and the order of their keys. The large ones are read
  /// soon enough.
  private static func lookOver(_ database: Database) throws(StorageError) {
    for table in ["sqlite_schema", "store", "books", "book_keys"] {
      let verdict = try database.text("PRAGMA quick_check('\(table)')")
      guard verdict == "ok" else {
        throw StorageError(.corrupt, path: database.path, detail: verdict ?? "")
      }
    }
  }

  /// 8 characters of `[0-9a-z]`: two stores of one bridge share one once in 2.8 million million.
  private static func epoch(using random: inout some RandomNumberGenerator) -> String {
    let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    return String((0..<8).map { _ in alphabet[Int.random(in: 0..<36, using: &random)] })
  }
}
