/// The row that says which store this is and which sequences may have been given out.
struct StoreTable {
  struct Row {
    var epoch: String
    var reservedThrough: Int64
    var prunedThrough: Int64
  }

  private let select: Statement
  private let setReserved: Statement
  private let setPruned: Statement

  init(_ database: Database) throws(StoreError) {
    select = try database.prepare(
      "SELECT epoch, reserved_through, pruned_through FROM store WHERE id = 1")
    setReserved = try database.prepare("UPDATE store SET reserved_through = ? WHERE id = 1")
    setPruned = try database.prepare("UPDATE store SET pruned_through = ? WHERE id = 1")
  }

  /// Nil when the row is missing: the file is damaged.
  func row() throws(StoreError) -> Row? {
    guard try select.step() else { return nil }
    defer { select.reset() }
    return Row(
      epoch: select.string(0), reservedThrough: select.int64(1), prunedThrough: select.int64(2))
  }

  func setReservedThrough(_ sequence: Int64) throws(StoreError) {
    setReserved.bind(1, sequence)
    try setReserved.run()
  }

  func setPrunedThrough(_ sequence: Int64) throws(StoreError) {
    setPruned.bind(1, sequence)
    try setPruned.run()
  }
}
