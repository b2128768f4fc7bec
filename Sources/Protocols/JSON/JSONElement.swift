/// One value of a ``JSONDocument``.
package struct JSONElement: Sendable {
  let document: JSONDocument
  let index: Int

  private var token: JSONToken { document.tokens[index] }

  package var isObject: Bool { token.kind == .object }

  // MARK: What it holds

  /// The first member of that name. Nil where there is none, or where it is null, and for anything
  /// but an object.
  package subscript(name: StaticString) -> JSONElement? {
    guard let found = member(name), document.tokens[found].kind != .null else { return nil }
    return JSONElement(document: document, index: found)
  }

  /// Whether it is an object with a member of that name, be it null.
  package func contains(_ name: StaticString) -> Bool { member(name) != nil }

  private func member(_ name: StaticString) -> Int? {
    let tokens = document.tokens
    guard tokens[index].kind == .object else { return nil }
    return name.withUTF8Buffer { name in
      var key = index + 1
      while key < tokens[index].next {
        if isName(name, tokens[key], at: key) { return key + 1 }
        key = Int(tokens[key + 1].next)
      }
      return nil
    }
  }

  private func isName(
    _ name: UnsafeBufferPointer<UInt8>, _ key: JSONToken, at index: Int
  ) -> Bool {
    let length = Int(key.end - key.start)
    guard key.isPlain else {
      // Names that are asked for are ASCII, so each of their bytes is written with one to six.
      return (name.count...6 * name.count).contains(length)
        && JSONElement(document: document, index: index).isEscaped(name)
    }
    guard length == name.count else { return false }
    let start = Int(key.start)
    for offset in 0..<length where document.bytes[start + offset] != name[offset] { return false }
    return true
  }

  /// Whether this string, which holds escapes, is that ASCII name. Stops at the first difference: a
  /// text may have a hundred thousand such names.
  private func isEscaped(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = bytes
    for expected in name {
      guard var byte = rest.popFirst() else { return false }
      if byte == UInt8(ascii: "\\") {
        guard let letter = rest.popFirst() else { return false }
        let unit = JSONEscape.octet(for: letter).map(UInt16.init) ?? Self.codeUnit(&rest)
        guard unit < 0x80 else { return false }
        byte = UInt8(unit)
      }
      guard byte == expected else { return false }
    }
    return rest.isEmpty
  }

  /// The elements of an array, null ones too; nil for anything else.
  package var elements: [JSONElement]? {
    guard token.kind == .array else { return nil }
    var elements: [JSONElement] = []
    var next = index + 1
    while next < token.next {
      elements.append(JSONElement(document: document, index: next))
      next = Int(document.tokens[next].next)
    }
    return elements
  }

  /// The elements of an array of which `read` makes something of each; nil for anything else.
  package func array<Value>(_ read: (JSONElement) -> Value?) -> [Value]? {
    guard let elements else { return nil }
    let values = elements.compactMap(read)
    return values.count == elements.count ? values : nil
  }

  /// The members of an object, in their order; nil for anything else.
  package var members: [(name: String, value: JSONElement)]? {
    guard token.kind == .object else { return nil }
    var members: [(name: String, value: JSONElement)] = []
    var key = index + 1
    while key < token.next {
      let value = JSONElement(document: document, index: key + 1)
      members.append((JSONElement(document: document, index: key).string ?? "", value))
      key = Int(document.tokens[key + 1].next)
    }
    return members
  }

  // MARK: What it is

  package var isNull: Bool { token.kind == .null }

  /// Nil for anything but `true` and `false`.
  package var bool: Bool? {
    token.kind == .bool ? document.bytes[Int(token.start)] == UInt8(ascii: "t") : nil
  }

  /// Nil for anything but a string, and for one that escapes half of a surrogate pair.
  package var string: String? {
    string(atMost: .max)
  }

  /// The beginning of a string: whole scalars that fit into so many bytes of UTF-8. What follows is
  /// not even looked at, so a text of megabytes costs no more. Nil as for ``string``.
  package func string(atMost maximumBytes: Int) -> String? {
    guard token.kind == .string else { return nil }
    guard token.isPlain else { return unescaped(atMost: maximumBytes) }
    var bytes = bytes
    if bytes.count > maximumBytes {
      var end = bytes.startIndex + maximumBytes
      while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      bytes = bytes[..<end]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value as it is written.
  package var source: ArraySlice<UInt8> {
    guard token.kind == .string else { return bytes }
    return document.bytes[Int(token.start) - 1..<Int(token.end) + 1]
  }

  /// A whole number within the range of Int64, however it is spelled; nil for anything else.
  /// Nothing is rounded: `1.0` and `1e3` are whole, `1.5` is none.
  package var int64: Int64? {
    guard token.kind == .number else { return nil }
    guard token.isPlain else { return JSONNumber.whole(bytes) }
    return JSONNumber.integer(bytes)
  }

  /// The nearest number of this type; nil for anything but a finite number.
  package var double: Double? {
    guard token.kind == .number, let number = Double(String(decoding: bytes, as: UTF8.self)),
      number.isFinite
    else { return nil }
    return number
  }

  private var bytes: ArraySlice<UInt8> { document.bytes[Int(token.start)..<Int(token.end)] }

  /// Section 7; the grammar has been checked.
  private func unescaped(atMost maximumBytes: Int) -> String? {
    var result: [UInt8] = []
    result.reserveCapacity(min(bytes.count, maximumBytes))
    var rest = bytes
    while result.count <= maximumBytes, let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
        result.append(byte)
        continue
      }
      if let octet = JSONEscape.octet(for: letter) {
        result.append(octet)
      } else {
        guard let scalar = Self.scalar(&rest) else { return nil }
        result.append(contentsOf: String(Character(scalar)).utf8)
      }
    }
    if result.count > maximumBytes {
      var end = maximumBytes
      while end > 0, result[end] & 0xC0 == 0x80 { end -= 1 }
      result.removeSubrange(end...)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The scalar of one `\u` escape or two, from behind the first `\u` on.
  private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
    let unit = codeUnit(&rest)
    guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
    guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u") else {
      return nil
    }
    let trail = codeUnit(&rest)
    guard UTF16.isTrailSurrogate(trail) else { return nil }
    return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
  }

  private static func codeUnit(_ rest: inout ArraySlice<UInt8>) -> UInt16 {
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 4 | ($1.hexDigitValue ?? 0) }
  }
}
