/// A JSON text (RFC 8259), checked as a whole when it is made and read in place afterwards: nothing is
/// built for what nobody asks for.
///
/// UTF-8 without a byte order mark, as section 8.1 asks for.
package final class JSONDocument: Sendable {
  /// Arrays and objects within each other, at most.
  package static let maximumDepth = 512
  /// Bytes of a text, at most.
  package static let maximumBytes = 1 << 30

  let bytes: [UInt8]
  let tokens: [JSONToken]

  /// Nil for what is not JSON.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.maximumBytes else { return nil }
    let tokens = bytes.withUnsafeBufferPointer { buffer -> [JSONToken]? in
      var scanner = JSONScanner(buffer)
      return scanner.scan() ? scanner.tokens : nil
    }
    guard let tokens else { return nil }
    self.bytes = bytes
    self.tokens = tokens
  }

  package convenience init?(_ text: String) {
    self.init(Array(text.utf8))
  }

  /// The value that the text is.
  package var root: JSONElement { JSONElement(document: self, index: 0) }
}

/// One value of a document, or the name of a member; they stand in the order of the text.
struct JSONToken {
  enum Kind: UInt8 {
    case null, bool, number, string, array, object
  }

  let kind: Kind
  /// A string without escapes, or a number of digits alone.
  var isPlain: Bool
  /// Its bytes, without the quotes of a string.
  let start: UInt32
  var end: UInt32
  /// The token behind this value and all that it holds.
  var next: UInt32
}
