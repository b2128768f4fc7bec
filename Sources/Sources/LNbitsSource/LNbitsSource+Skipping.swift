import BridgeModel

/// What cannot be read is passed over and counted; the books notice where it mattered.
extension LNbitsSource {
  /// Takes note of an answer's rows, those that were read and those that were not.
  mutating func skip(_ list: PaymentList) -> [SourceEffect] {
    skipped.read(list.rows)
    return skip(list.unreadable)
  }

  /// Counts what is not counted yet. One line for all of them: a hostile list is long.
  mutating func skip(_ rows: [UnreadableRow]) -> [SourceEffect] {
    var new = 0
    for row in rows where skipped.add(row) { new += 1 }
    guard new > 0, let message = skipped.message else { return [] }
    let count = new
    return [
      .log(SourceLog(.warning, count > 1 ? "\(count) rows, of which one: \(message)" : message))
    ]
  }
}
