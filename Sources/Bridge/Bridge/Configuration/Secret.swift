/// A key or a token. Whatever prints, dumps or interpolates it shows `***`; only ``revealed`` gives
/// the text, and a search for that word finds every place that does.
///
/// Not `Codable` and not `Hashable`, so that it does not travel by accident. `==` is for noticing a
/// replaced key, not for judging what a stranger sent: that takes a comparison in constant time.
package struct Secret: Sendable, Equatable {
  /// What is shown in its place, in logs, errors and `GET /api/v1/config`.
  package static let mask = "***"

  /// The text itself, for the one place that sends or compares it.
  package let revealed: String

  package init(_ text: String) {
    revealed = text
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { Self.mask }
  package var debugDescription: String { Self.mask }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where a secret is written.
enum SecretSource: Sendable, Equatable {
  case inline(Secret)
  /// A file that holds it, blanks and line ends around it aside.
  case file(String)
}
