/// The id of a durable event: `<epoch>-<sequence>`, `[0-9a-z-]`, at most 40 bytes.
///
/// Within an epoch sequences only grow; holes mean nothing. The epoch changes when the store is
/// lost or replaced, so that an id from the old store is never mistaken for one of the new.
package struct EventID: Sendable, Hashable, CustomStringConvertible {
  /// 1 to 20 characters of `[0-9a-z]`.
  package let epoch: String
  /// From 1; 0 stands before the first event.
  package let sequence: Int64

  /// The most bytes an epoch may have: an id must stay within 40 with a sequence of 19 digits.
  package static let maximumEpochBytes = 20

  package init(epoch: String, sequence: Int64) {
    precondition(Self.isEpoch(epoch) && sequence >= 0, "an event id is <epoch>-<sequence>")
    self.epoch = epoch
    self.sequence = sequence
  }

  /// Reads an id that a subscriber sent; nil when it cannot be one of ours. Each id has one
  /// spelling: no sign, no leading zero.
  package init?(_ text: String) {
    // By bytes: as characters, a hyphen and an accent behind it are one.
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = String(parts[0]), Self.isEpoch(epoch),
      let digits = String(parts[1]), let sequence = Int64(digits), digits == String(sequence)
    else { return nil }
    self.epoch = epoch
    self.sequence = sequence
  }

  package var description: String { "\(epoch)-\(sequence)" }

  private static func isEpoch(_ text: String) -> Bool {
    (1...maximumEpochBytes).contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
  }
}
