import Glibc

@testable import Transport

/// Peers on bare sockets, which do what a `Connection` never would.
private func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

private func openSocket() -> CInt {
  socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
}

private func call(
  _ function: (CInt, UnsafePointer<sockaddr>?, socklen_t) -> CInt, _ descriptor: CInt,
  _ port: UInt16
) throws {
  var address = loopback(port: port)
  let code = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard code == 0 else { throw TransportError(call: "socket", code: errno) }
}

/// Listens, so that the kernel takes connections and what they send; nobody ever reads any of it.
final class DeafListener: Sendable {
  private let descriptor: CInt
  let endpoint: Endpoint

  init() throws {
    let descriptor = openSocket()
    self.descriptor = descriptor
    try call(bind, descriptor, 0)
    listen(descriptor, 16)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    endpoint = Endpoint(host: "127.0.0.1", port: UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }
}

/// A client that blocks.
final class RawClient: Sendable {
  private let descriptor: CInt

  init(port: UInt16) throws {
    descriptor = openSocket()
    try call(connect, descriptor, port)
  }

  deinit { close(descriptor) }

  /// As much as the kernel's buffers take without waiting.
  func send(_ bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
  }

  /// All that comes, and whether it ended with an end and not with a reset.
  func readToEnd() -> (bytes: [UInt8], isOrderly: Bool) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return (bytes, count == 0) }
      bytes += buffer.prefix(count)
    }
  }
}
