/// A JSON text (RFC 8259), checked as a whole when it is made and read in place afterwards: nothing
/// is built for what nobody asks for.
///
/// UTF-8 without a byte order mark, as section 8.1 asks for.
package final class JSONDocument: Sendable {
  /// Arrays and objects within each other, at most: more than Python's own `json` writes, so that
  /// no server's list is lost to one deep element.
  package static let maximumDepth = 2048
  /// Bytes of a text, at most.
  package static let maximumBytes = 1 << 30

  let bytes: [UInt8]
  let tokens: [JSONToken]

  /// Why a text was not read.
  package enum Refusal: Error, Sendable, Hashable {
    case notJSON
    /// It may be JSON: the reading was given up at the limit.
    case tooManyValues
  }

  /// - Parameter maximumValues: Values and names of members together: the time that reading takes
  ///   goes with them.
  package init(reading bytes: [UInt8], maximumValues: Int) throws(Refusal) {
    guard bytes.count <= Self.maximumBytes else { throw .tooManyValues }
    let (tokens, refusal) = bytes.withUnsafeBufferPointer { buffer -> ([JSONToken], Refusal?) in
      var scanner = JSONScanner(buffer, maximumTokens: maximumValues)
      if scanner.scan() { return (scanner.tokens, nil) }
      return ([], scanner.isOverLimit ? .tooManyValues : .notJSON)
    }
    if let refusal { throw refusal }
    self.bytes = bytes
    self.tokens = tokens
  }

  /// Nil for what is not JSON.
  package convenience init?(_ bytes: [UInt8]) {
    try? self.init(reading: bytes, maximumValues: .max)
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
