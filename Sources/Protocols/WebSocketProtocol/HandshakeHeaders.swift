/// The header fields of a handshake's request or response, in order. Names are compared without
/// regard to case (RFC 9110, section 5.1).
package struct HandshakeHeaders: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  package struct Field: Equatable, Sendable {
    package var name: String
    package var value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// The value of the first field of that name.
  package subscript(_ name: String) -> String? { values(of: name).first }

  /// The values of all fields of that name.
  package func values(of name: String) -> [String] {
    let wanted = name.lowercased()
    return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
  }

  /// Whether a field of that name lists the token; both without regard to case.
  package func lists(_ token: String, in name: String) -> Bool {
    let wanted = token.lowercased()
    return values(of: name).contains { value in
      value.split(separator: ",").contains { Self.trim($0).lowercased() == wanted }
    }
  }

  private static func trim(_ text: Substring) -> Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }

  /// The fields as they stand on the wire, without the empty line behind them.
  var wireText: String {
    fields.map { "\($0.name): \($0.value)\r\n" }.joined()
  }
}
