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
}
