import Glibc

/// A blocking connection to a port of this machine.
struct LoopbackClient {
  private let descriptor: CInt

  init(port: UInt16) {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    precondition(connect(to: &address), "the server does not listen any more")
  }

  /// libFuzzer's alarm interrupts calls that wait. An interrupted `connect` goes on by itself.
  private func connect(to address: inout sockaddr_in) -> Bool {
    while true {
      let code = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if code == 0 || errno == EISCONN { return true }
      guard errno == EINTR || errno == EALREADY else { return false }
    }
  }

  /// What the peer does not take is dropped.
  func send(_ bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
  }

  /// All that comes until the peer closes.
  func receive() -> [UInt8] {
    var received: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return received }
      received += piece[..<count]
    }
  }

  /// With a reset, so that thousands of closed connections do not use the ports up.
  func close() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger,
      socklen_t(MemoryLayout<Glibc.linger>.size))
    Glibc.close(descriptor)
  }
}
