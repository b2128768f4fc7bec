/// A request as the simulated server sees it.
package struct RESTRequest: Sendable, Hashable {
  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  package var method: String
  /// Decoded, without the query.
  package var path: String
  /// Decoded, in order.
  package var query: [Parameter]
  /// Names in lower case; of several with one name the first.
  package var headers: [String: String]
  package var body: [UInt8]
  /// Where it comes from, for the rate limit.
  package var address: String

  /// - Parameter target: Path and query as they stand in the request line (RFC 9112 section 3.2.1).
  package init(
    method: String, target: String, headers: [String: String] = [:], body: [UInt8] = [],
    address: String = "127.0.0.1"
  ) {
    self.method = method
    self.headers = headers
    self.body = body
    self.address = address
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = Self.percentDecoded(parts[0], plusIsSpace: false)
    query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Parameter(
        name: Self.percentDecoded(sides[0], plusIsSpace: true),
        value: sides.count > 1 ? Self.percentDecoded(sides[1], plusIsSpace: true) : "")
    }
  }

  /// The first parameter of that name.
  package func parameter(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }

  /// The path's segments, without empty ones.
  var segments: [String] {
    path.split(separator: "/").map(String.init)
  }

  /// The key of the wallet that is asked about, in a header or, where LNbits allows it, in the
  /// query.
  var apiKey: String? {
    let key = headers["x-api-key"] ?? parameter("api-key")
    return key == "" ? nil : key
  }

  var bearerToken: String? {
    guard let value = headers["authorization"], value.lowercased().hasPrefix("bearer ") else {
      return nil
    }
    return String(value.dropFirst(7))
  }

  private static func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
