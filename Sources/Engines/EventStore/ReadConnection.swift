import BridgeModel

/// A reading connection with the statements that were used on it.
final class ReadConnection {
  /// Queries differ by their filters; more shapes than this are not worth keeping.
  private static let maximumKeptStatements = 64

  let database: Database
  private var statements: [String: Statement] = [:]

  init(path: String, vfs: String?) throws(StoreError) {
    database = try Database(
      path: path, access: .readOnly, busyTimeoutMilliseconds: 100, vfs: vfs)
  }

  /// A statement, compiled at its first use.
  func statement(_ sql: String) throws(StoreError) -> Statement {
    if let kept = statements[sql] { return kept }
    if statements.count >= Self.maximumKeptStatements { statements.removeAll() }
    let statement = try database.prepare(sql)
    statements[sql] = statement
    return statement
  }

  /// The last pruned sequence and the last one.
  func bounds() throws(StoreError) -> (pruned: Int64, last: Int64) {
    let bounds = try statement(
      "SELECT pruned_through, (SELECT max(sequence) FROM events) FROM store WHERE id = 1")
    guard try bounds.step() else {
      throw StoreError(.corrupt, path: database.path, detail: "the store's own row is missing")
    }
    defer { bounds.reset() }
    return (bounds.int64(0), max(bounds.int64(0), bounds.int64(1)))
  }

  func lastEvent(through sequence: Int64) throws(StoreError) -> Int64? {
    let row = try statement(
      "SELECT sequence FROM events WHERE sequence <= ? ORDER BY sequence DESC LIMIT 1")
    row.bind(1, sequence)
    defer { row.reset() }
    return try row.step() ? row.int64(0) : nil
  }

  func replay(
    after sequence: Int64, limit: Int, maximumBytes: Int, _ body: (EventRow) -> Void
  ) throws(StoreError) -> ReplayProgress {
    precondition(limit >= 1, "a replay makes progress")
    let rows = try statement(
      "SELECT sequence, type, source, data FROM events WHERE sequence > ? ORDER BY sequence")
    rows.bind(1, sequence)
    // Leaving in the middle must not leave a read transaction open.
    defer { rows.reset() }
    var progress = ReplayProgress(last: sequence, events: 0, reachedEnd: false)
    var bytes = 0
    while progress.events < limit, bytes < maximumBytes {
      guard try rows.step() else {
        progress.reachedEnd = true
        break
      }
      guard let type = EventType(rawValue: rows.int64(1)) else {
        throw StoreError(.corrupt, path: database.path, detail: "an event of no known type")
      }
      let row = EventRow(
        sequence: rows.int64(0), type: type, source: rows.bytes(2), data: rows.bytes(3))
      body(row)
      bytes += row.data.count
      progress.last = row.sequence
      progress.events += 1
    }
    return progress
  }
}
