/// An element of a list of payments that is none of LNbits' own making: what can still be said of
/// it.
package struct UnreadableRow: Error, Sendable, Hashable {
  /// What tells it from others, and finds it again at the next reading: a hash of its id, or of the
  /// whole element where it has none.
  let fingerprint: UInt64
  /// The hash that it bears, so that a payment which stands there unreadable does not count as
  /// gone.
  let paymentHash: String?
  /// For people: its id and what is wrong with it, within a line, without any other value of it.
  let message: String
}

/// The rows that could not be read, each counted once in the life of the process: a row that stands
/// in the wallet's list would otherwise count at every round.
struct SkippedRows: Sendable {
  private var fingerprints: Set<UInt64> = []
  /// The last one named, until it can be read.
  private var named: UnreadableRow?

  /// The count stops here: 8 bytes are kept for each.
  static let maximumRows = 10_000

  var count: Int { fingerprints.count }
  var message: String? { named?.message }

  /// - Returns: Whether it is one more.
  mutating func add(_ row: UnreadableRow) -> Bool {
    if named == nil { named = row }
    guard isNew(row) else { return false }
    named = row
    fingerprints.insert(row.fingerprint)
    return true
  }

  /// It is not among those counted, and can be.
  func isNew(_ row: UnreadableRow) -> Bool {
    count < Self.maximumRows && !fingerprints.contains(row.fingerprint)
  }

  /// These were read now. The one that is named may be among them.
  mutating func read(_ rows: some Sequence<PaymentRow>) {
    guard let named,
      rows.contains(where: { Self.digest(of: $0.checkingID) == named.fingerprint })
    else { return }
    self.named = nil
  }

  static func digest(of text: String) -> UInt64 { digest(text.utf8) }

  /// FNV-1a: the same at every reading, and quick. A clash would only hide one from the count.
  static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
