/// The name of an event, which becomes the type that a page listens for: 1 to 64 bytes without a
/// control character.
package struct EventName: Sendable, Hashable {
  package static let maximumBytes = 64

  package let text: String

  /// Makes a name, or nil where the text is empty (a reader would take that for `message`), too
  /// long, or holds a control character, CR and LF among them.
  package init?(_ text: String) {
    guard (1...Self.maximumBytes).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= ASCII.space && $0 != 0x7F })
    else { return nil }
    self.text = text
  }
}

extension EventName: CustomStringConvertible {
  package var description: String { text }
}
