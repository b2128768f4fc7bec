import Storage

import BridgeModel

/// The tables, and the way from each version to the next.
///
/// `user_version` counts the steps taken. A step is never changed once released; a new one is
/// appended.
enum Schema {
  /// Marks the file as ours (`PRAGMA application_id`): "WalW".
  static let applicationID: Int64 = 0x5761_6c57

  static var version: Int { steps.count }
  /// From this version on a ``StoreHead`` stands beside the file.
  static let firstVersionWithHead = 5

  /// - `store`: one row. `reserved_through`: no sequence up to it is given out any more.
  ///   `pruned_through`: the last event that was deleted.
  /// - `events`: what subscribers read. `type` as ``EventType``.
  /// - `books`, `book_keys`: see ``BookTable``.
  /// - `adjustments`: differences that no payment explains, each when it was published.
  /// - `payments`: see ``PaymentTable``.
  /// - `watches`: see ``WatchTable``.
  private static let steps = [
    """
    CREATE TABLE store (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch TEXT NOT NULL,
      reserved_through INTEGER NOT NULL,
      pruned_through INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY,
      type INTEGER NOT NULL,
      source TEXT NOT NULL,
      data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE books (
      id INTEGER PRIMARY KEY,
      origin TEXT NOT NULL,
      wallet_id TEXT,
      key_fingerprint TEXT NOT NULL,
      opening INTEGER NOT NULL,
      effects INTEGER NOT NULL,
      unexplained INTEGER NOT NULL,
      balance INTEGER NOT NULL,
      confirmed_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      imported_at INTEGER,
      UNIQUE (origin, wallet_id)
    ) STRICT;
    CREATE TABLE book_keys (
      origin TEXT NOT NULL,
      key_fingerprint TEXT NOT NULL,
      book INTEGER NOT NULL,
      PRIMARY KEY (origin, key_fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE adjustments (
      id INTEGER PRIMARY KEY,
      book INTEGER NOT NULL,
      at INTEGER NOT NULL,
      change INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE payments (
      id INTEGER PRIMARY KEY,
      book INTEGER NOT NULL,
      position INTEGER NOT NULL,
      payment_id TEXT NOT NULL,
      payment_hash TEXT NOT NULL,
      direction INTEGER NOT NULL,
      status INTEGER NOT NULL,
      amount INTEGER NOT NULL,
      fee INTEGER NOT NULL,
      memo TEXT NOT NULL,
      memo_folded TEXT NOT NULL,
      tag TEXT,
      comment TEXT,
      fiat_amount REAL,
      fiat_currency TEXT,
      created_at INTEGER NOT NULL,
      settled_at INTEGER,
      observed_at INTEGER NOT NULL,
      is_late INTEGER NOT NULL,
      moved_at INTEGER NOT NULL,
      UNIQUE (book, payment_id)
    ) STRICT;
    CREATE INDEX payments_in_order ON payments (position, id, book, status, direction);
    CREATE INDEX payments_by_time
      ON payments (book, moved_at, status, direction, amount, fee);
    CREATE INDEX payments_by_hash ON payments (payment_hash);
    """,
    """
    CREATE TABLE watches (
      id INTEGER PRIMARY KEY,
      origin TEXT NOT NULL,
      handle TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      secret TEXT NOT NULL,
      state TEXT NOT NULL,
      amount INTEGER,
      unit TEXT,
      expiry INTEGER,
      observed_at INTEGER,
      UNIQUE (origin, secret)
    ) STRICT;
    """,
    // Most payments are identified by their hash, and found by that already.
    """
    DROP INDEX payments_by_hash;
    CREATE INDEX payments_by_hash ON payments (payment_hash) WHERE payment_hash <> payment_id;
    """,
    // What was paid to a reusable quote, and issued for it.
    """
    ALTER TABLE watches ADD COLUMN amount_paid INTEGER;
    ALTER TABLE watches ADD COLUMN amount_issued INTEGER;
    """,
    // Nothing in the file is another: see ``firstVersionWithHead``.
    "",
  ]

  /// Brings the file to the present version, each step in a transaction of its own.
  ///
  /// - Parameters:
  ///   - database: A connection that may write.
  ///   - newEpoch: Names a store that is made now.
  /// - Returns: The version that was found; 0 for a store that is made now.
  /// - Throws: ``StorageError``: `newerVersion`, `foreign`, `corrupt`, or what writing threw.
  static func migrate(
    _ database: Database, newEpoch: () -> String
  ) throws(StorageError) -> Int {
    let found = Int(try database.number("PRAGMA user_version") ?? 0)
    let owner = try database.number("PRAGMA application_id") ?? 0
    let isEmpty = try database.number("SELECT count(*) FROM sqlite_schema") == 0
    guard owner == applicationID || (isEmpty && owner == 0 && found == 0) else {
      throw StorageError(.foreign, path: database.path)
    }
    guard found <= version else {
      throw StorageError(.newerVersion(found: found, known: version), path: database.path)
    }
    for step in found..<version {
      try database.transaction { () throws(StorageError) in
        try database.execute(steps[step])
        if step == 0 { try makeStore(database, epoch: newEpoch()) }
        try database.execute("PRAGMA user_version = \(step + 1)")
      }
    }
    return found
  }

  private static func makeStore(_ database: Database, epoch: String) throws(StorageError) {
    try database.execute("PRAGMA application_id = \(applicationID)")
    let insert = try database.prepare("INSERT INTO store VALUES (1, ?, 0, 0)")
    insert.bind(1, epoch)
    try insert.run()
  }
}
