/// JSON whose objects keep the order in which they were built, and whose whole numbers stay whole.
package enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// Null where there is no string.
  package init(_ text: String?) {
    self = text.map(JSONValue.string) ?? .null
  }

  /// The first member of that name; nil for anything but an object.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  package var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  package var boolValue: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// A whole number, also when it was written with a fraction of zero.
  package var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(nilLiteral: ()) { self = .null }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

// MARK: Writing

extension JSONValue {
  /// How the real server writes, which differs between its answers and its frames.
  package enum Style: Sendable {
    /// REST: no spaces, UTF-8 as it is.
    case compact
    /// Frames: a space after `,` and `:`, and everything beyond ASCII as `\u` escapes.
    case pythonDumps
  }

  package func text(_ style: Style = .compact) -> String {
    var output = ""
    write(to: &output, style)
    return output
  }

  private func write(to output: inout String, _ style: Style) {
    switch self {
    case .null: output += "null"
    case .bool(let flag): output += flag ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value): output += value.isFinite ? String(value) : "null"
    case .string(let text): Self.writeString(text, to: &output, style)
    case .array(let elements):
      output += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { output += style == .compact ? "," : ", " }
        element.write(to: &output, style)
      }
      output += "]"
    case .object(let members):
      output += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { output += style == .compact ? "," : ", " }
        Self.writeString(member.name, to: &output, style)
        output += style == .compact ? ":" : ": "
        member.value.write(to: &output, style)
      }
      output += "}"
    }
  }

  private static func writeString(_ text: String, to output: inout String, _ style: Style) {
    output += "\""
    defer { output += "\"" }
    // Nearly every text is plain, and scalar by scalar it takes ten times as long.
    guard !text.utf8.allSatisfy(isPlain) else { return output += text }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case _ where scalar.value < 0x20, _ where scalar.value > 0x7E && style == .pythonDumps:
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          let digits = String(unit, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
      default: output.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    0x20...0x7E ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
