/// A place to connect to, or to listen at: a name or an IP address, and a TCP port.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A host name, an IPv4 address, or an IPv6 address without brackets.
  package let host: String
  package let port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `host:port`, an IPv6 address in brackets.
  package var description: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Whether it is an onion service's, which Tor alone can find (RFC 7686, section 1).
  var isOnion: Bool { Self.isName(host, within: "onion") }

  /// Whether a name is looked up by mDNS (RFC 6762, section 3).
  static func isLocal(_ host: String) -> Bool { isName(host, within: "local") }

  /// Whether a name stands in a top-level domain, in any case, with or without the root's dot.
  private static func isName(_ host: String, within domain: String) -> Bool {
    host.split(separator: ".").last?.lowercased() == domain
  }
}
