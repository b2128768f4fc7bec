/// A request that cannot be malformed (RFC 9112 §3): whatever could end a line, open a field or
/// change the framing is refused when the value is made.
package struct HTTPClientRequest: Sendable, Equatable {
  package let method: HTTPMethod
  /// The origin-form (RFC 9112 §3.2.1): an absolute path and, after `?`, the query; as it goes on
  /// the wire, so already percent-encoded.
  package let target: String
  /// The `Host` field: a name or an address, with `:port` where the port is not the scheme's own.
  package let host: String
  /// Further fields. `Host`, `Content-Length` and `Transfer-Encoding` are not among them: the
  /// encoder writes those.
  package let headers: HTTPHeaders
  package let body: [UInt8]

  /// Makes a request.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - target: begins with `/`, visible ASCII only, no `#`.
  ///   - host: visible ASCII, no delimiter of a URL but those of a port and of an IPv6 literal.
  ///   - headers: further fields; values without control characters and without blanks at the ends.
  ///   - body: the content; empty for none.
  /// - Throws: ``HTTPRequestError``, which names the part and never repeats its value: the value
  ///   may be a key.
  package init(
    method: HTTPMethod = .get,
    target: String,
    host: String,
    headers: HTTPHeaders = [:],
    body: [UInt8] = []
  ) throws(HTTPRequestError) {
    guard target.utf8.first == UInt8(ascii: "/"),
      target.utf8.allSatisfy({ $0.isVisible && $0 != UInt8(ascii: "#") })
    else { throw .invalidTarget }
    guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte) else { throw .invalidHost }
    for field in headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenByte) else {
        throw .invalidHeaderName
      }
      guard !Self.writtenHere.contains(where: field.name.equalsIgnoringASCIICase) else {
        throw .reservedHeader(name: field.name)
      }
      let value = field.value.utf8
      guard value.allSatisfy(\.isFieldValueByte), value.trimmingBlanks().count == value.count
      else { throw .invalidHeaderValue(name: field.name) }
    }
    self.method = method
    self.target = target
    self.host = host
    self.headers = headers
    self.body = body
  }

  /// The request as it goes on the wire. `Host` comes first (RFC 9110 §7.2).
  package func encoded() -> [UInt8] {
    var head = "\(method.rawValue) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
    for field in headers.fields {
      head += "\(field.name): \(field.value)\r\n"
    }
    if !body.isEmpty || method.anticipatesContent {
      head += "Content-Length: \(body.count)\r\n"
    }
    head += "\r\n"
    return Array(head.utf8) + body
  }

  private static let writtenHere = ["Host", "Content-Length", "Transfer-Encoding"]

  private static func isHostByte(_ byte: UInt8) -> Bool {
    byte.isVisible && !#"/\?#@"<>,"#.utf8.contains(byte)
  }
}

/// Why a request was refused. The caller has a bug or an unusable setting; nothing was sent.
package enum HTTPRequestError: Error, Sendable, Equatable {
  /// The target is not an absolute path in visible ASCII.
  case invalidTarget
  /// The host is empty, or holds a byte that a `Host` field cannot.
  case invalidHost
  /// A field name is not a token.
  case invalidHeaderName
  /// The value of this field holds a control character, or blanks at an end.
  case invalidHeaderValue(name: String)
  /// This field belongs to the encoder.
  case reservedHeader(name: String)
}
