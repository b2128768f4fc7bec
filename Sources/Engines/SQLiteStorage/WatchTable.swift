import BridgeModel
import Storage

/// The watches of all mints.
///
/// A mint is known by its origin, not by its configured name: a name that is given to another mint
/// must not hand that one the secrets of the first. `secret` is the only column that holds a
/// quote's id.
struct WatchTable {
  private let insertWatch: Statement
  private let updateWatch: Statement
  private let deleteWatch: Statement
  private let selectSecret: Statement
  private let countOrigin: Statement

  init(_ database: Database) throws(StorageError) {
    insertWatch = try database.prepare(
      "INSERT INTO watches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    updateWatch = try database.prepare(
      """
      UPDATE watches SET state = ?2, amount = ?3, unit = ?4, expiry = ?5, observed_at = ?6,
        amount_paid = ?7, amount_issued = ?8
      WHERE handle = ?1
      """)
    deleteWatch = try database.prepare("DELETE FROM watches WHERE handle = ? RETURNING origin")
    selectSecret = try database.prepare(
      "SELECT \(WatchRow.columns) FROM watches WHERE origin = ? AND secret = ?")
    countOrigin = try database.prepare("SELECT count(*) FROM watches WHERE origin = ?")
  }

  func insert(_ record: WatchRecord, of origin: String) throws(StorageError) {
    insertWatch.bind(1, origin)
    insertWatch.bind(2, record.handle.text)
    insertWatch.bind(3, record.kind.rawValue)
    insertWatch.bind(4, record.secret.revealed)
    insertWatch.bind(5, record.state.rawValue)
    insertWatch.bind(6, record.amount)
    insertWatch.bind(7, record.unit)
    insertWatch.bind(8, record.expiry?.milliseconds)
    insertWatch.bind(9, record.observedAt?.milliseconds)
    insertWatch.bind(10, record.amountPaid)
    insertWatch.bind(11, record.amountIssued)
    try insertWatch.run()
  }

  /// Writes down what has become of a watch; one that was deleted meanwhile stays so.
  func update(_ record: WatchRecord) throws(StorageError) {
    updateWatch.bind(1, record.handle.text)
    updateWatch.bind(2, record.state.rawValue)
    updateWatch.bind(3, record.amount)
    updateWatch.bind(4, record.unit)
    updateWatch.bind(5, record.expiry?.milliseconds)
    updateWatch.bind(6, record.observedAt?.milliseconds)
    updateWatch.bind(7, record.amountPaid)
    updateWatch.bind(8, record.amountIssued)
    try updateWatch.run()
  }

  /// - Returns: The origin that had it; nil where there was none.
  func delete(_ handle: WatchHandle) throws(StorageError) -> String? {
    deleteWatch.bind(1, handle.text)
    guard try deleteWatch.step() else { return nil }
    let origin = deleteWatch.string(0)
    // The row is gone, but the statement is only over at its end.
    try deleteWatch.run()
    return origin
  }

  /// The watch of a secret at a mint; nil where there is none.
  func find(_ secret: WatchSecret, of origin: String) throws(StorageError) -> WatchRecord? {
    selectSecret.bind(1, origin)
    selectSecret.bind(2, secret.revealed)
    defer { selectSecret.reset() }
    return try selectSecret.step() ? WatchRow.read(selectSecret) : nil
  }

  func count(of origin: String) throws(StorageError) -> Int {
    countOrigin.bind(1, origin)
    defer { countOrigin.reset() }
    return try countOrigin.step() ? Int(countOrigin.int64(0)) : 0
  }
}

/// How a watch stands in a row.
enum WatchRow {
  /// What ``read(_:)`` expects in a row.
  static let columns = """
    handle, kind, secret, state, amount, unit, expiry, observed_at, amount_paid, amount_issued
    """
  /// The watches of an origin, in the order of their coming.
  static let ofOriginSQL = "SELECT \(columns) FROM watches WHERE origin = ? ORDER BY id"

  /// Nil for a kind or a state of a later version: none that this one could follow.
  static func read(_ row: Statement) -> WatchRecord? {
    guard let kind = WatchKind(rawValue: row.string(1)),
      let state = WatchState(rawValue: row.string(3))
    else { return nil }
    var record = WatchRecord(
      handle: WatchHandle(row.string(0)), kind: kind, secret: WatchSecret(row.string(2)))
    record.state = state
    record.amount = row.optionalInt64(4)
    record.unit = row.optionalString(5, cutTo: UpstreamText.maximumNameBytes)
    record.expiry = row.optionalInt64(6).map { Timestamp(milliseconds: $0) }
    record.observedAt = row.optionalInt64(7).map { Timestamp(milliseconds: $0) }
    record.amountPaid = row.optionalInt64(8)
    record.amountIssued = row.optionalInt64(9)
    return record
  }
}
