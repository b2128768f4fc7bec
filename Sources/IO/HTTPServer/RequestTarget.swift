/// The target of a request line (RFC 9112, section 3.2), taken apart.
struct RequestTarget: Sendable, Equatable {
  let raw: String
  /// Of the absolute form only.
  let authority: String?
  let path: String
  let query: HTTPQuery

  /// - Throws: 400 for what is none of the origin form, the absolute form and `*`; for control
  ///   characters, spaces and fragments; for a path with a false percent-escape, a NUL or bytes
  ///   that aren't UTF-8.
  init(_ bytes: [UInt8]) throws(HTTPRefusal) {
    guard
      let raw = String(validating: bytes, as: UTF8.self),
      !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "#") })
    else { throw .badRequest("The request target holds a character that a URL can't.") }

    self.raw = raw
    var rest = bytes[...]
    authority = try Self.takeAuthority(from: &rest)
    let pathEnd = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
    query = HTTPQuery(raw: String(decoding: rest[pathEnd...].dropFirst(), as: UTF8.self))

    let encodedPath = rest[..<pathEnd]
    if encodedPath.isEmpty && authority != nil {
      path = "/"
    } else if encodedPath.first == UInt8(ascii: "/") || encodedPath == [UInt8(ascii: "*")] {
      path = try Self.decodePath(encodedPath)
    } else {
      throw .badRequest("The request target must be a path that begins with a slash.")
    }
  }

  /// Takes `http://authority` off the front.
  private static func takeAuthority(
    from rest: inout ArraySlice<UInt8>
  ) throws(HTTPRefusal) -> String? {
    for scheme in ["http://", "https://"] {
      let head = rest.prefix(scheme.utf8.count)
      guard head.elementsEqual(scheme.utf8, by: { $0.asciiLowercased == $1 }) else { continue }
      rest = rest.dropFirst(head.count)
      let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      let authority = rest[..<(end ?? rest.endIndex)]
      rest = rest[authority.endIndex...]
      guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")) else {
        throw .badRequest("The request target names no host.")
      }
      return String(decoding: authority, as: UTF8.self)
    }
    return nil
  }

  private static func decodePath(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> String {
    let (decoded, isValid) = PercentEncoding.decode(bytes, plusIsSpace: false)
    guard isValid else {
      throw .badRequest("A percent sign in the path must be followed by two hexadecimal digits.")
    }
    guard !decoded.contains(0), let path = String(validating: decoded, as: UTF8.self) else {
      throw .badRequest("The path must be UTF-8 without NUL.")
    }
    return path
  }
}

/// The query of a target: as it came, and as names and values.
package struct HTTPQuery: Sendable, Equatable {
  package struct Item: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  /// What follows the `?`, not decoded; empty without one.
  package let raw: String
  /// Parsed as `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), which takes anything:
  /// a false escape stays as it is. Ordered, duplicates kept.
  package let items: [Item]

  package init(raw: String) {
    self.raw = raw
    items = raw.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      return Item(
        name: Self.decode(pair[..<equals]), value: Self.decode(pair[equals...].dropFirst()))
    }
  }

  /// The value of the first item of that name.
  package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// The values of all items of that name, in their order.
  package func values(for name: String) -> [String] {
    items.lazy.filter { $0.name == name }.map(\.value)
  }

  private static func decode(_ part: Substring.UTF8View) -> String {
    let decoded = PercentEncoding.decode(Array(part)[...], plusIsSpace: true)
    return String(decoding: decoded.bytes, as: UTF8.self)
  }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentEncoding {
  /// Decodes once. A `%` without two hexadecimal digits is kept, and makes `isValid` false.
  static func decode(
    _ encoded: ArraySlice<UInt8>, plusIsSpace: Bool
  ) -> (bytes: [UInt8], isValid: Bool) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoded.count)
    var isValid = true
    var position = encoded.startIndex
    while position < encoded.endIndex {
      let byte = encoded[position]
      position += 1
      if byte == UInt8(ascii: "%") {
        if let value = escapedByte(encoded[position...].prefix(2)) {
          bytes.append(value)
          position += 2
          continue
        }
        isValid = false
      }
      bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
    }
    return (bytes, isValid)
  }

  private static func escapedByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 2, digits.allSatisfy({ $0.hexadecimalValue != nil }) else { return nil }
    return digits.reduce(0) { $0 << 4 | ($1.hexadecimalValue ?? 0) }
  }
}

extension UInt8 {
  fileprivate var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
