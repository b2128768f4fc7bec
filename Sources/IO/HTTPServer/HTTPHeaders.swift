/// The fields of a message's header: ordered, duplicates kept, names compared without regard to
/// case (RFC 9110, section 5).
package struct HTTPHeaders: Sendable, Equatable {
  /// One field line. A request's values come with the white space round them removed.
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }

    /// Whether it can be sent: no line break, nor another control character, is in it.
    var isPrintable: Bool {
      !name.isEmpty && !value.isEmpty
        && [name, value].allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
    }
  }

  package private(set) var fields: [Field] = []

  package init() {}

  /// The value of the first field of that name.
  package subscript(name: String) -> String? {
    fields.first { $0.name.isEqualIgnoringASCIICase(to: name) }?.value
  }

  /// The values of all fields of that name, in their order.
  package func values(for name: String) -> [String] {
    fields.lazy.filter { $0.name.isEqualIgnoringASCIICase(to: name) }.map(\.value)
  }

  package mutating func append(name: String, value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Adds those of `defaults` whose names don't occur here yet.
  package mutating func fill(from defaults: HTTPHeaders) {
    let present = fields
    for field in defaults.fields
    where !present.contains(where: { $0.name.isEqualIgnoringASCIICase(to: field.name) }) {
      fields.append(field)
    }
  }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// Keeps the order and the duplicates of the literal.
  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }
}

extension String {
  /// Field names, coding names and the like are ASCII, and compared byte by byte but for case.
  func isEqualIgnoringASCIICase(to other: String) -> Bool {
    let mine = utf8
    let theirs = other.utf8
    return mine.count == theirs.count
      && zip(mine, theirs).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
  }
}

extension UInt8 {
  var asciiLowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
