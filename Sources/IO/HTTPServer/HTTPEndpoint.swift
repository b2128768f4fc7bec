import Glibc

/// An IP address and a port, as a listener or a peer has them.
package struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// The address as a literal without brackets: `127.0.0.1`, `::1`. An IPv4 peer of a listener on
  /// `::` is given in IPv4's form.
  package let host: String
  package let port: UInt16
  /// Whether the address is of `127.0.0.0/8` or `::1`.
  package let isLoopback: Bool

  package var isIPv6: Bool { host.utf8.contains(UInt8(ascii: ":")) }

  /// As it stands in a URL: `127.0.0.1:2121`, `[::1]:2121`.
  package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// - Parameter host: An address literal; anything else is never taken for loopback.
  package init(host: String, port: UInt16) {
    var address4 = in_addr()
    var address6 = in6_addr()
    if inet_pton(AF_INET, host, &address4) == 1 {
      self.init(address4: address4, port: port)
    } else if inet_pton(AF_INET6, host, &address6) == 1 {
      self.init(address6: address6, port: port)
    } else {
      self.init(host: host, port: port, isLoopback: false)
    }
  }

  private init(host: String, port: UInt16, isLoopback: Bool) {
    self.host = host
    self.port = port
    self.isLoopback = isLoopback
  }

  private init(address4: in_addr, port: UInt16) {
    let bytes = withUnsafeBytes(of: address4.s_addr) { Array($0) }
    let text = bytes.map { String($0) }.joined(separator: ".")
    self.init(host: text, port: port, isLoopback: bytes[0] == 127)
  }

  private init(address6: in6_addr, port: UInt16) {
    let bytes = withUnsafeBytes(of: address6) { Array($0) }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    if isMapped {
      var address4 = in_addr()
      withUnsafeMutableBytes(of: &address4) { $0.copyBytes(from: bytes[12...]) }
      self.init(address4: address4, port: port)
      return
    }
    var source = address6
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
      guard
        let start = $0.baseAddress,
        inet_ntop(AF_INET6, &source, start, socklen_t($0.count)) != nil
      else { return "::" }
      return String(cString: start)
    }
    let isLoopback = bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    self.init(host: text, port: port, isLoopback: isLoopback)
  }

  /// - Returns: Nil for an address that is neither IPv4 nor IPv6.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch CInt(address.pointee.sa_family) {
    case AF_INET:
      let ipv4 = raw.loadUnaligned(as: sockaddr_in.self)
      self.init(address4: ipv4.sin_addr, port: UInt16(bigEndian: ipv4.sin_port))
    case AF_INET6:
      let ipv6 = raw.loadUnaligned(as: sockaddr_in6.self)
      self.init(address6: ipv6.sin6_addr, port: UInt16(bigEndian: ipv6.sin6_port))
    default:
      return nil
    }
  }

  /// The address that a socket is bound to (`getsockname`).
  init?(localAddressOf descriptor: CInt) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let endpoint = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> HTTPEndpoint? in
        guard getsockname(descriptor, address, &length) == 0 else { return nil }
        return HTTPEndpoint(address)
      }
    }
    guard let endpoint else { return nil }
    self = endpoint
  }
}
