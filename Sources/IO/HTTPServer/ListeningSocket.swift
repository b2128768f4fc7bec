import Glibc

/// A bound and listening TCP socket. It is closed with its last reference, unless it was released.
final class ListeningSocket {
  /// What the kernel may hold for one connection that does not read, before its own doubling.
  private static let sendBufferBytes: CInt = 64 * 1024

  let endpoint: HTTPEndpoint
  private var descriptor: CInt

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Ready to read when `accept` has something to take.
  var watchedDescriptor: CInt { descriptor }

  /// What became of an attempt to take a connection.
  enum Accepted {
    /// The descriptor belongs to the caller.
    case connection(CInt, ConnectedAddress)
    /// None waits.
    case nothing
    /// Out of descriptors or memory: the next attempt is better made later.
    case exhausted
  }

  /// Takes a connection that waits, blocking and inheritable: microhttpd sets that right. The
  /// corresponding C function is `accept`.
  func accept() -> Accepted {
    while true {
      var address = ConnectedAddress()
      let connection = address.withMutableSockaddr { Glibc.accept(descriptor, $0, $1) }
      if connection >= 0 { return .connection(connection, address) }
      switch errno {
      case EAGAIN: return .nothing
      // That one connection is gone: there may be another behind it.
      case EINTR, ECONNABORTED, EPROTO: continue
      default: return .exhausted
      }
    }
  }

  /// - Throws: What `socket`, `bind` and `listen` refuse.
  init(address: ResolvedAddress, backlog: CInt) throws(HTTPServerError) {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else {
      throw HTTPServerError(operation: "socket for", address: address.text, errno: errno)
    }
    // A restart must not wait for the connections of the run before (TIME_WAIT), and `::` serves
    // IPv4 too, whatever the machine's default.
    Self.set(SO_REUSEADDR, at: SOL_SOCKET, to: 1, on: descriptor)
    // Accepted connections inherit it. Left alone, Linux grows it to 4 MiB for a reader that never
    // reads.
    Self.set(SO_SNDBUF, at: SOL_SOCKET, to: Self.sendBufferBytes, on: descriptor)
    // What is sent is whole: nothing is gained by keeping it back (Nagle). microhttpd would set it
    // for each connection.
    Self.set(TCP_NODELAY, at: CInt(IPPROTO_TCP), to: 1, on: descriptor)
    if address.family == AF_INET6 {
      Self.set(IPV6_V6ONLY, at: CInt(IPPROTO_IPV6), to: 0, on: descriptor)
    }
    guard address.bind(descriptor), listen(descriptor, backlog) == 0,
      let endpoint = HTTPEndpoint(localAddressOf: descriptor)
    else {
      let code = errno
      close(descriptor)
      throw HTTPServerError(operation: "listen on", address: address.text, errno: code)
    }
    self.endpoint = endpoint
  }

  private static func set(_ option: CInt, at level: CInt, to value: CInt, on descriptor: CInt) {
    var value = value
    _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }
}

extension ListeningSocket {
  /// How often another free port is tried where port 0 was asked for, and the one picked for the
  /// first address of a name is taken on another.
  private static let freePortAttempts = 8

  /// Listens on every address of a host, all on one port. Resolves names, so it may block.
  ///
  /// An address that the machine doesn't have, such as `::1` of `localhost` without IPv6, is passed
  /// over as long as there is another.
  static func open(
    host: String, port: UInt16, backlog: CInt
  ) throws(HTTPServerError) -> [ListeningSocket] {
    let addresses = try ResolvedAddress.resolve(host: host, port: port)
    var attempt = 1
    while true {
      do {
        return try open(addresses, backlog: backlog)
      } catch .addressInUse where port == 0 && attempt < freePortAttempts {
        attempt += 1
      }
    }
  }

  private static func open(
    _ addresses: [ResolvedAddress], backlog: CInt
  ) throws(HTTPServerError) -> [ListeningSocket] {
    var sockets: [ListeningSocket] = []
    var failure: HTTPServerError?
    for var address in addresses {
      if let first = sockets.first { address.port = first.endpoint.port }
      do {
        sockets.append(try ListeningSocket(address: address, backlog: backlog))
      } catch .addressNotAvailable(let text) {
        failure = .addressNotAvailable(text)
      } catch .system(let operation, EAFNOSUPPORT) {
        failure = .system(operation: operation, errno: EAFNOSUPPORT)
      }
    }
    if sockets.isEmpty, let failure { throw failure }
    return sockets
  }
}

/// One address of a host, as the system calls take it.
struct ResolvedAddress {
  private var storage: sockaddr_storage
  private let length: socklen_t

  var family: CInt { CInt(storage.ss_family) }

  var text: String {
    withAddress { HTTPEndpoint($0)?.description } ?? "?"
  }

  var port: UInt16 {
    get { withAddress { HTTPEndpoint($0)?.port } ?? 0 }
    set {
      // `sin_port` and `sin6_port` stand at the same place.
      let offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_port) ?? 2
      withUnsafeMutableBytes(of: &storage) {
        $0.storeBytes(of: newValue.bigEndian, toByteOffset: offset, as: UInt16.self)
      }
    }
  }

  func bind(_ descriptor: CInt) -> Bool {
    withAddress { Glibc.bind(descriptor, $0, length) == 0 }
  }

  private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }

  /// The corresponding C function is `getaddrinfo`.
  ///
  /// - Throws: `.unresolvable`.
  static func resolve(host: String, port: UInt16) throws(HTTPServerError) -> [ResolvedAddress] {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = isBracketed ? String(host.dropFirst().dropLast()) : host
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    var addresses: [ResolvedAddress] = []
    var entry = list
    while let current = entry {
      if let address = ResolvedAddress(current.pointee) { addresses.append(address) }
      entry = current.pointee.ai_next
    }
    guard code == 0, !addresses.isEmpty else {
      let reason = code == 0 ? "it has no address" : String(cString: gai_strerror(code))
      throw .unresolvable(host: host, reason: reason)
    }
    return addresses
  }

  private init?(_ info: addrinfo) {
    guard info.ai_family == AF_INET || info.ai_family == AF_INET6, let address = info.ai_addr else {
      return nil
    }
    storage = sockaddr_storage()
    length = info.ai_addrlen
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen)))
    }
  }
}

/// Where a connection comes from, as the kernel tells it.
struct ConnectedAddress {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  mutating func withMutableSockaddr<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
  ) -> Result {
    var length = length
    defer { self.length = length }
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
  }
}
