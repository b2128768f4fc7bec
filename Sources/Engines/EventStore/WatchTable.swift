import BridgeModel

/// The watches of all mints.
///
/// A mint is known by its origin, not by its configured name: a name that is given to another mint
/// must not hand that one the secrets of the first. `secret` is the only column that holds a
/// quote's id.
struct WatchTable {
  private let insertWatch: Statement
  private let updateWatch: Statement
  private let deleteWatch: Statement
  private let selectOrigin: Statement

  init(_ database: Database) throws(StoreError) {
    insertWatch = try database.prepare(
      "INSERT INTO watches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    updateWatch = try database.prepare(
      """
      UPDATE watches SET state = ?2, amount = ?3, unit = ?4, expiry = ?5, observed_at = ?6,
        amount_paid = ?7, amount_issued = ?8
      WHERE handle = ?1
      """)
    deleteWatch = try database.prepare("DELETE FROM watches WHERE handle = ?")
    selectOrigin = try database.prepare(
      """
      SELECT handle, kind, secret, state, amount, unit, expiry, observed_at, amount_paid,
        amount_issued
      FROM watches WHERE origin = ? ORDER BY id
      """)
  }

  func insert(_ record: WatchRecord, of origin: String) throws(StoreError) {
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
  func update(_ record: WatchRecord) throws(StoreError) {
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

  func delete(_ handle: WatchHandle) throws(StoreError) {
    deleteWatch.bind(1, handle.text)
    try deleteWatch.run()
  }

  /// In the order of their coming.
  func all(of origin: String) throws(StoreError) -> [WatchRecord] {
    selectOrigin.bind(1, origin)
    var records: [WatchRecord] = []
    while try selectOrigin.step() {
      // A kind or state of a later version is none that this one could follow.
      guard let kind = WatchKind(rawValue: selectOrigin.string(1)),
        let state = WatchState(rawValue: selectOrigin.string(3))
      else { continue }
      var record = WatchRecord(
        handle: WatchHandle(selectOrigin.string(0)), kind: kind,
        secret: WatchSecret(selectOrigin.string(2)))
      record.state = state
      record.amount = selectOrigin.optionalInt64(4)
      record.unit = selectOrigin.optionalString(5, cutTo: UpstreamText.maximumNameBytes)
      record.expiry = selectOrigin.optionalInt64(6).map { Timestamp(milliseconds: $0) }
      record.observedAt = selectOrigin.optionalInt64(7).map { Timestamp(milliseconds: $0) }
      record.amountPaid = selectOrigin.optionalInt64(8)
      record.amountIssued = selectOrigin.optionalInt64(9)
      records.append(record)
    }
    return records
  }
}
