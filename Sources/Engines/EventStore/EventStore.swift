package import BridgeModel

/// Events, payments and books in one SQLite file.
///
/// For one thread (the bridge's loop), held by the actor that lives there. Reading from other
/// threads goes through ``StoreReader``; what must wait for the disk goes through ``StoreUpkeep``.
///
/// WAL mode, `synchronous=NORMAL`: what ``append(_:)`` returned survives the end of the process at
/// any instruction. After a power cut the last commits may be gone, whole ones, but no id is given
/// out twice (``SequenceReservation``).
package final class EventStore: EventLog {
  /// How long an append waits for a lock. Nothing of ours ever holds one; another program that
  /// looks into the file might.
  static let busyTimeoutMilliseconds: CInt = 200
  /// The most events that one append prunes.
  static let maximumPrunedPerAppend = 128

  /// Checkpoints and syncs. The owner starts it; ``close()`` stops it.
  package let upkeep: StoreUpkeep
  package let epoch: String
  /// Events to keep; at least 1.
  package let keepEvents: Int

  private let file: StoreFile
  private let vfs: String?
  /// Nil once closed.
  private var tables: StoreTables?
  private var sequences: SequenceReservation
  private let startedAfter: Int64
  private var last: Int64
  private var prunedThrough: Int64
  private var eventCount: Int
  /// In pages of the WAL.
  private var nextCheckpoint = StoreUpkeep.checkpointPages
  private var nextForcedCheckpoint = StoreUpkeep.maximumPages

  /// Opens a store, and makes it if there is none: its directories with mode 0700, its files with
  /// mode 0600.
  ///
  /// - Parameters:
  ///   - path: The database file.
  ///   - keepEvents: How many events stay for subscribers that come back; at least 1.
  ///   - random: Names a new store.
  ///   - vfs: The SQLite VFS to go through, nil for the system's. Tests break disks with it.
  /// - Throws: ``StoreError``, any cause but `closed`.
  package init(
    path: String, keepEvents: Int, using random: inout some RandomNumberGenerator,
    vfs: String? = nil
  ) throws(StoreError) {
    precondition(keepEvents >= 1, "a log keeps at least one event")
    let newEpoch = Self.epoch(using: &random)
    let file = try StoreFile(path: path)
    let database = try Database(
      path: file.path, access: .readWrite,
      busyTimeoutMilliseconds: Self.busyTimeoutMilliseconds, vfs: GatheringVFS.name(over: vfs))
    guard !database.isReadOnly else { throw StoreError(.readOnly, path: path) }
    try Self.configure(database)
    try Schema.migrate(database) { newEpoch }
    try Self.lookOver(database)
    let tables = try StoreTables(database)
    guard let row = try tables.store.row() else {
      throw StoreError(.corrupt, path: path, detail: "the store's own row is missing")
    }
    self.file = file
    self.vfs = vfs
    self.tables = tables
    self.keepEvents = keepEvents
    epoch = row.epoch
    prunedThrough = row.prunedThrough
    last = try database.number("SELECT max(sequence) FROM events") ?? 0
    // Nothing kept, but something pruned, is what a copy of a very small log can look like.
    last = max(last, row.prunedThrough)
    eventCount = Int(try database.number("SELECT count(*) FROM events") ?? 0)
    startedAfter = max(row.reservedThrough, last)
    sequences = SequenceReservation(after: startedAfter)
    upkeep = try StoreUpkeep(path: file.path, vfs: vfs)
    // A block at once, so that the first payment does not wait for the disk. Only an unclean end
    // leaves it behind.
    try reserve(through: sequences.target(for: 0), in: tables)
    // The reservation is in a WAL that may be new: its name must be on the disk as well.
    try file.syncDirectory()
  }

  deinit {
    close()
  }

  /// Gives back what is reserved and not used, copies the WAL into the file, and lets go of it.
  /// Readers go on.
  ///
  /// A failure is left for the next start, which finds a store that ended in the middle: nothing is
  /// lost.
  package func close() {
    guard tables != nil else { return }
    upkeep.close()
    try? tidyUp()
    tables = nil
    file.unlock()
  }

  private func tidyUp() throws(StoreError) {
    let tables = try open()
    try tables.database.transaction { () throws(StoreError) in
      try tables.store.setReservedThrough(sequences.next - 1)
    }
    _ = try tables.database.checkpoint(.truncate)
  }

  // MARK: Log

  package var bounds: LogBounds {
    LogBounds(
      epoch: epoch, prunedThrough: prunedThrough, last: last,
      issuedThrough: max(last, startedAfter))
  }

  /// The id of the last event; sequence 0 if there never was one.
  package var lastEventID: EventID { bounds.lastEventID }

  package func append(_ entries: [LogEntry]) throws(StoreError) -> [EventID] {
    let tables = try open()
    guard !tables.database.hasMoved() else { throw StoreError(.vanished, path: file.path) }
    let count = entries.reduce(0) { $0 + $1.events.count }
    try ensureSequences(count, in: tables)
    let ahead = sequences.targetAhead(for: count)
    let first = sequences.next
    let surplus = pruneCount(afterAdding: count)
    do throws(StoreError) {
      let pruned = try tables.database.transaction { () throws(StoreError) -> Int64? in
        try tables.write(entries, from: first)
        if let ahead { try tables.store.setReservedThrough(ahead) }
        return surplus > 0 ? try tables.prune(surplus) : nil
      }
      prunedThrough = pruned ?? prunedThrough
    } catch {
      tables.books.forgetLinks()
      throw error
    }
    sequences.noteGivenOut(count)
    if count > 0 { last = sequences.next - 1 }
    eventCount += count - surplus
    if let ahead {
      sequences.noteWritten(through: ahead)
      upkeep.requestSync(reservedThrough: ahead)
    }
    boundWAL(tables.database.walPages)
    return (first..<sequences.next).map { EventID(epoch: epoch, sequence: $0) }
  }

  /// Writes one commit down with its events; see ``append(_:)``.
  package func append(
    _ commit: Commit, events: [EncodedEvent]
  ) throws(StoreError) -> [EventID] {
    try append([LogEntry(commit: commit, events: events)])
  }

  package func makeReader() throws(StoreError) -> StoreReader {
    try StoreReader(path: file.path, epoch: epoch, startedAfter: startedAfter, vfs: vfs)
  }

  // MARK: Books

  /// What is stored of a wallet, with all its payments; nil for one that was never written down.
  package func book(for identity: BookIdentity) throws(StoreError) -> StoredBook? {
    let tables = try open()
    guard let book = try tables.books.find(identity),
      let record = try tables.books.record(book)
    else { return nil }
    return StoredBook(record: record, payments: try tables.payments.all(of: book))
  }

  /// The number of a wallet's book, for queries; nil for one that was never written down.
  package func bookID(for identity: BookIdentity) throws(StoreError) -> BookID? {
    try open().books.find(identity)
  }

  // MARK: Watches

  /// The watches of a mint, in the order of their coming, those that are over among them.
  ///
  /// - Parameter origin: The mint's URL.
  package func watches(of origin: String) throws(StoreError) -> [WatchRecord] {
    try open().watches.all(of: origin)
  }

  /// Writes a new watch down. Its handle is new, and so is its secret to this mint.
  package func addWatch(_ record: WatchRecord, of origin: String) throws(StoreError) {
    let tables = try open()
    guard !tables.database.hasMoved() else { throw StoreError(.vanished, path: file.path) }
    try tables.watches.insert(record, of: origin)
  }

  /// Forgets a watch, its secret with it; nothing happens where there is none.
  package func deleteWatch(_ handle: WatchHandle) throws(StoreError) {
    let tables = try open()
    guard !tables.database.hasMoved() else { throw StoreError(.vanished, path: file.path) }
    // A quote's id does not stay behind in a free page.
    try tables.database.execute("PRAGMA secure_delete = ON")
    defer { try? tables.database.execute("PRAGMA secure_delete = OFF") }
    try tables.watches.delete(handle)
  }

  // MARK: Health

  /// How the store's disk is, asked anew each time.
  package var health: StoreHealth {
    StoreHealth(
      freeBytes: StoreHealth.freeBytes(at: file.path), upkeepFailure: upkeep.lastFailure)
  }

  // MARK: Pruning

  /// Deletes old events beyond ``keepEvents``, a few at a time. Appends do it too; this is for a
  /// log that was told to keep fewer.
  ///
  /// - Returns: Whether there is more to do.
  package func prune() throws(StoreError) -> Bool {
    let surplus = min(eventCount - keepEvents, Self.maximumPrunedPerAppend)
    guard surplus > 0 else { return false }
    let tables = try open()
    prunedThrough = try tables.database.transaction { () throws(StoreError) in
      try tables.prune(surplus)
    }
    eventCount -= surplus
    return eventCount > keepEvents
  }

  /// In a long log some events are pruned at once, so that the row that notes it is not written
  /// each time.
  private func pruneCount(afterAdding count: Int) -> Int {
    let surplus = eventCount + count - keepEvents
    let worthwhile = max(1, min(64, keepEvents / 64))
    return surplus < worthwhile ? 0 : min(surplus, Self.maximumPrunedPerAppend)
  }

  // MARK: Sequences

  private func ensureSequences(_ count: Int, in tables: StoreTables) throws(StoreError) {
    sequences.noteSynced(through: upkeep.reservationSyncedThrough)
    guard !sequences.suffices(for: count) else { return }
    sequences.noteWaited()
    try reserve(through: sequences.target(for: count), in: tables)
  }

  /// Reserves and waits for the disk: `synchronous=FULL` syncs the WAL with the commit.
  private func reserve(through sequence: Int64, in tables: StoreTables) throws(StoreError) {
    try tables.database.execute("PRAGMA synchronous = FULL")
    defer { try? tables.database.execute("PRAGMA synchronous = NORMAL") }
    try tables.database.transaction { () throws(StoreError) in
      try tables.store.setReservedThrough(sequence)
    }
    sequences.noteSynced(through: sequence)
  }

  private func open() throws(StoreError) -> StoreTables {
    guard let tables else { throw StoreError(.closed, path: file.path) }
    return tables
  }

  // MARK: WAL

  private func boundWAL(_ pages: Int) {
    if pages < StoreUpkeep.checkpointPages { nextCheckpoint = StoreUpkeep.checkpointPages }
    if pages < StoreUpkeep.maximumPages { nextForcedCheckpoint = StoreUpkeep.maximumPages }
    if pages >= nextForcedCheckpoint {
      upkeep.checkpointNow()
      // A reader may keep the WAL from beginning anew; then not every append should try again.
      nextForcedCheckpoint = pages + StoreUpkeep.checkpointPages
    } else if pages >= nextCheckpoint {
      upkeep.requestCheckpoint()
      // While appends go on, the WAL does not begin anew, and a checkpoint after each of them would
      // slow them all.
      nextCheckpoint = pages + StoreUpkeep.checkpointPages / 4
    }
  }

  // MARK: Opening

  private static func configure(_ database: Database) throws(StoreError) {
    let mode = try database.text("PRAGMA journal_mode = WAL")
    guard mode == "wal" else {
      throw StoreError(.cannotOpen, path: database.path, detail: "no WAL on this file system")
    }
    try database.execute("PRAGMA synchronous = NORMAL")
    // A WAL that had to grow is cut back when it begins anew, which is this connection's to do. Not
    // to where a checkpoint is due: it would be cut, and grow again, each time.
    try database.execute("PRAGMA journal_size_limit = \(2 * StoreUpkeep.checkpointPages * 4096)")
    // Some builds overwrite what is deleted. Events hold no secrets, and pruning should be cheap.
    try database.execute("PRAGMA secure_delete = OFF")
    try database.execute("PRAGMA temp_store = MEMORY")
    try database.execute("PRAGMA cache_size = -8192")
  }

  /// A quick look for damage: the small tables and the order of their keys. The large ones are read
  /// soon enough.
  private static func lookOver(_ database: Database) throws(StoreError) {
    for table in ["sqlite_schema", "store", "books", "book_keys"] {
      let verdict = try database.text("PRAGMA quick_check('\(table)')")
      guard verdict == "ok" else {
        throw StoreError(.corrupt, path: database.path, detail: verdict ?? "")
      }
    }
  }

  /// 8 characters of `[0-9a-z]`: two stores of one bridge share one once in 2.8 million million.
  private static func epoch(using random: inout some RandomNumberGenerator) -> String {
    let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    return String((0..<8).map { _ in alphabet[Int.random(in: 0..<36, using: &random)] })
  }
}
