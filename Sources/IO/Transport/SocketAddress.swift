import Glibc

/// An IP address and a port as the kernel takes them: the bytes of a `sockaddr_in` or
/// `sockaddr_in6`.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  private let bytes: [UInt8]

  /// Copies a socket address; nil unless it is IPv4 or IPv6.
  init?(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
    let family = CInt(address.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    bytes = [UInt8](UnsafeRawBufferPointer(start: address, count: Int(length)))
  }

  /// Reads an address from text; nil for a host name. `fe80::1%eth0` carries its interface.
  package init?(literal host: String, port: UInt16) {
    guard Self.isLiteral(host),
      let first = try? Self.lookUp(Endpoint(host: host, port: port), flags: AI_NUMERICHOST).first
    else { return nil }
    self = first
  }

  package var isIPv6: Bool { family == AF_INET6 }

  /// The port, in host byte order: it stands at the same place in both kinds of address.
  package var port: UInt16 { UInt16(bytes[2]) << 8 | UInt16(bytes[3]) }

  /// The address without the port, as text.
  package var host: String {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let status = withSockAddr { address, length in
      getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    guard status == 0 else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  package var description: String { Endpoint(host: host, port: port).description }

  var family: CInt { withSockAddr { address, _ in CInt(address.pointee.sa_family) } }

  /// Hands the address to a system call.
  func withSockAddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    // A sockaddr_storage is aligned for either kind of address; an array of bytes need not be.
    var storage = sockaddr_storage()
    return withUnsafeMutableBytes(of: &storage) { raw in
      raw.copyBytes(from: bytes)
      return raw.withMemoryRebound(to: sockaddr.self) { address in
        // The buffer is a whole sockaddr_storage, so it has a base address.
        guard let base = address.baseAddress else { preconditionFailure() }
        return body(base, socklen_t(bytes.count))
      }
    }
  }

  /// Is this text an IP address rather than a name?
  package static func isLiteral(_ host: String) -> Bool {
    var address = in6_addr()
    if inet_pton(AF_INET, host, &address) == 1 { return true }
    let withoutInterface = host.prefix { $0 != "%" }
    return inet_pton(AF_INET6, String(withoutInterface), &address) == 1
  }

  /// `getaddrinfo`: in the order of RFC 6724. Blocks for as long as the system's resolver likes,
  /// unless `flags` has `AI_NUMERICHOST`.
  static func lookUp(_ endpoint: Endpoint, flags: CInt) throws(TransportError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard status == 0 else { throw lookUpError(status, host: endpoint.host) }

    var addresses: [SocketAddress] = []
    var entry = list
    while let current = entry {
      if let raw = current.pointee.ai_addr,
        let address = SocketAddress(raw, length: current.pointee.ai_addrlen),
        !addresses.contains(address)
      {
        addresses.append(address)
      }
      entry = current.pointee.ai_next
    }
    guard !addresses.isEmpty else { throw .nameNotFound(host: endpoint.host) }
    return addresses
  }

  private static func lookUpError(_ status: CInt, host: String) -> TransportError {
    // glibc keeps EAI_NODATA (−5: the name exists and has no address) behind a feature macro.
    let noData: CInt = -5
    if status == EAI_NONAME || status == noData { return .nameNotFound(host: host) }
    return .nameLookupFailed(host: host, reason: String(cString: gai_strerror(status)))
  }
}
