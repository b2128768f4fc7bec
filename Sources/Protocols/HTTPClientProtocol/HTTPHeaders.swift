/// Header or trailer fields in the order in which they stand on the wire.
///
/// Names are compared without regard to case (RFC 9110 §5.1). A name may stand more than once.
package struct HTTPHeaders: Sendable, Equatable {
  /// One field line.
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var fields: [Field]

  package init(_ fields: [Field] = []) {
    self.fields = fields
  }

  /// Adds a field behind the others; fields of the same name stay.
  package mutating func append(name: String, value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// The value of the first field of that name.
  package subscript(name: String) -> String? {
    fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value
  }

  /// The values of all fields of that name, in order.
  package func values(of name: String) -> [String] {
    fields.lazy.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
  }

  /// The elements of a comma-separated list (RFC 9110 §5.6.1) over all fields of that name, in
  /// order, trimmed, in lower case, without empty elements. For lists of tokens: a quoted comma is
  /// not looked for.
  package func tokens(of name: String) -> [String] {
    values(of: name).flatMap { value in
      value.utf8.split(separator: ASCII.comma).compactMap { element in
        let token = element.trimmingBlanks()
        guard !token.isEmpty else { return nil }
        return String(decoding: token.map(\.lowercasedASCII), as: UTF8.self)
      }
    }
  }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// Keeps the order of the literal, and names that stand in it twice.
  package init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { Field(name: $0, value: $1) })
  }
}
