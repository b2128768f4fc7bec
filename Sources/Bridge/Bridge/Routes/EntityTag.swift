import Transport

/// A strong validator for exact bytes (RFC 9110 section 8.8.3).
struct EntityTag: Sendable, Hashable {
  /// With its quotes.
  let text: String

  private static let hashBytes = 12

  init(of body: [UInt8]) {
    text = "\"" + Cryptography.sha256(body).prefix(Self.hashBytes).hexadecimal + "\""
  }

  /// Whether the lines of `If-None-Match` list a tag, or any (RFC 9110 section 13.1.2).
  static func list(_ lines: [String], contains tag: String) -> Bool {
    lines.contains { line in
      line.split(separator: ",").contains { candidate in
        var candidate = candidate.drop { $0 == " " || $0 == "\t" }
        while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
        if candidate.hasPrefix("W/") { candidate.removeFirst(2) }
        return candidate == "*" || candidate == tag
      }
    }
  }
}
