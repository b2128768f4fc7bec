/// The id of an event: 1 to 40 bytes of `[0-9a-z-]`.
///
/// Nothing in it can end a line or open a field, and a browser sends it back in `Last-Event-ID`
/// from another origin without a preflight (Fetch §2.2.2 allows 128 safe bytes).
package struct EventStreamID: Sendable, Hashable {
  package static let maximumBytes = 40

  package let text: String

  /// Makes an id, or nil where the text is empty, too long, or holds any other byte.
  package init?(_ text: String) {
    guard (1...Self.maximumBytes).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0.isIDByte })
    else { return nil }
    self.text = text
  }
}

extension EventStreamID: CustomStringConvertible {
  package var description: String { text }
}

extension UInt8 {
  fileprivate var isIDByte: Bool { isDigit || isLowercaseLetter || self == UInt8(ascii: "-") }
}
