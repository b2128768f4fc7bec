/// Where a reader left off, as it says in `Last-Event-ID` or in a query: `<epoch>-<sequence>`.
///
/// It comes from outside and may be anything, so reading it never fails: what is not an id of ours
/// is ``malformed``, which the stream answers with a gap.
package enum LastEventID: Sendable, Hashable {
  /// The most bytes an epoch may have: with a hyphen and a sequence of 19 digits an id stays within
  /// ``EventStreamID/maximumBytes``.
  package static let maximumEpochBytes = 20

  /// The epoch, 1 to 20 bytes of `[0-9a-z]`, and the number within it, from 0.
  case position(epoch: String, sequence: Int64)
  /// Anything else, the empty text included.
  case malformed

  /// Reads the text of a header or of a query parameter, percent-decoding done.
  ///
  /// An id has one spelling: one hyphen, no sign and no leading zero.
  package init(_ text: String) {
    self = Self.parse(text) ?? .malformed
  }

  private static func parse(_ text: String) -> Self? {
    guard EventStreamID(text) != nil else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...maximumEpochBytes).contains(parts[0].utf8.count),
      let sequence = Int64(parts[1]), parts[1] == String(sequence)
    else { return nil }
    return .position(epoch: String(parts[0]), sequence: sequence)
  }
}
