import BridgeModel
import Storage

/// The durable events, by sequence.
struct EventTable {
  private let insertEvent: Statement
  private let lastToPrune: Statement
  private let deleteThrough: Statement

  init(_ database: Database) throws(StorageError) {
    insertEvent = try database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)")
    lastToPrune = try database.prepare(
      "SELECT sequence FROM events ORDER BY sequence LIMIT 1 OFFSET ?")
    deleteThrough = try database.prepare("DELETE FROM events WHERE sequence <= ?")
  }

  func insert(_ event: EncodedEvent, sequence: Int64) throws(StorageError) {
    insertEvent.bind(1, sequence)
    insertEvent.bind(2, event.kind.storedNumber)
    insertEvent.bind(3, event.source)
    insertEvent.bind(4, event.data)
    try insertEvent.run()
  }

  /// Deletes the oldest events.
  ///
  /// - Parameter count: At least 1, at most as many as there are.
  /// - Returns: The last sequence deleted.
  /// - Throws: ``StorageError``, as every write.
  func deleteOldest(_ count: Int) throws(StorageError) -> Int64 {
    lastToPrune.bind(1, Int64(count - 1))
    guard try lastToPrune.step() else { return 0 }
    let last = lastToPrune.int64(0)
    lastToPrune.reset()
    deleteThrough.bind(1, last)
    try deleteThrough.run()
    return last
  }
}
