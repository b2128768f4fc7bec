package import BridgeModel

/// A moment as LNbits' database keeps it: microseconds since 1970, which also tell rows apart that
/// were made within one millisecond.
package struct Stamp: Sendable, Hashable, Comparable {
  package let microseconds: Int64

  package init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  package init(_ timestamp: Timestamp) {
    microseconds = timestamp.milliseconds * 1000
  }

  package static func < (left: Stamp, right: Stamp) -> Bool {
    left.microseconds < right.microseconds
  }

  package var timestamp: Timestamp { Timestamp(milliseconds: microseconds / 1000) }

  /// The start of the second.
  package var wholeSecond: Stamp { Stamp(microseconds: microseconds / 1_000_000 * 1_000_000) }

  /// As Python writes a time in UTC: six digits of fraction, or none where it is zero.
  package var iso8601: String { withoutOffset + "+00:00" }

  /// The same without the offset. LNbits writes an expiry so until it has been through the
  /// database.
  package var withoutOffset: String {
    let seconds = Timestamp(milliseconds: microseconds / 1_000_000 * 1000).rfc3339.dropLast(5)
    let fraction = microseconds % 1_000_000
    guard fraction != 0 else { return String(seconds) }
    return seconds + "." + String(String(1_000_000 + fraction).dropFirst())
  }
}
