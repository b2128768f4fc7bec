import Storage

/// The row that says which store this is.
struct StoreTable {
  struct Row {
    var epoch: String
    /// An earlier release may have given out sequences up to here.
    var reservedThrough: Int64
    var prunedThrough: Int64
  }

  private let select: Statement
  private let setPruned: Statement
  private let updateEpoch: Statement

  init(_ database: Database) throws(StorageError) {
    select = try database.prepare(
      "SELECT epoch, reserved_through, pruned_through FROM store WHERE id = 1")
    updateEpoch = try database.prepare("UPDATE store SET epoch = ? WHERE id = 1")
    setPruned = try database.prepare("UPDATE store SET pruned_through = ? WHERE id = 1")
  }

  /// Nil when the row is missing: the file is damaged.
  func row() throws(StorageError) -> Row? {
    guard try select.step() else { return nil }
    defer { select.reset() }
    return Row(
      epoch: select.string(0), reservedThrough: select.int64(1), prunedThrough: select.int64(2))
  }

  func setEpoch(_ epoch: String) throws(StorageError) {
    updateEpoch.bind(1, epoch)
    try updateEpoch.run()
  }

  func setPrunedThrough(_ sequence: Int64) throws(StorageError) {
    setPruned.bind(1, sequence)
    try setPruned.run()
  }
}
