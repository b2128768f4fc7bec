import Glibc

/// Owns the descriptor of a TCP socket that does not block, and closes it in `deinit`.
final class Socket: Sendable {

  let descriptor: CInt

  /// Takes over a descriptor.
  private init(owning descriptor: CInt) {
    self.descriptor = descriptor
  }

  /// The corresponding C function is `socket`.
  convenience init(family: CInt) throws(TransportError) {
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind, CInt(IPPROTO_TCP))
    guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
    self.init(owning: descriptor)
  }

  deinit {
    close(descriptor)
  }

  // MARK: - Connecting

  /// What a call that would have to wait came to.
  enum Attempt: Equatable {
    case done, inProgress
    case failed(CInt)
  }

  /// The corresponding C function is `connect`. When in progress, writability says that it has
  /// ended and `pendingError` how.
  func connect(to address: SocketAddress) -> Attempt {
    let status = address.withSockAddr { Glibc.connect(descriptor, $0, $1) }
    if status == 0 { return .done }
    // An interrupted connect goes on by itself.
    return errno == EINPROGRESS || errno == EINTR ? .inProgress : .failed(errno)
  }

  /// `SO_ERROR`, which reading clears; 0 when there is none.
  func pendingError() -> CInt {
    var code: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
    return code
  }

  // MARK: - Options

  /// Seconds of silence before the kernel asks whether the other side is still there, seconds
  /// between the questions, and how many go unanswered before it gives up.
  private static let keepAlive: (idle: CInt, interval: CInt, count: CInt) = (60, 10, 6)

  /// Small messages leave at once, and a peer that vanished is noticed in two minutes even when the
  /// protocol above has no heartbeat. A refusal of these options is no reason to give up a
  /// connection.
  func configureStream() {
    set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(CInt(IPPROTO_TCP), TCP_KEEPIDLE, Self.keepAlive.idle)
    set(CInt(IPPROTO_TCP), TCP_KEEPINTVL, Self.keepAlive.interval)
    set(CInt(IPPROTO_TCP), TCP_KEEPCNT, Self.keepAlive.count)
  }

  private func set(_ level: CInt, _ option: CInt, _ value: CInt) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  // MARK: - Streaming

  enum Received {
    case bytes([UInt8])
    /// The other side sends no more.
    case end
    case wouldBlock
    case failed(CInt)
  }

  /// The corresponding C function is `recv`. Level-triggered readiness brings what is beyond
  /// `limit`.
  func receive(atMost limit: Int) -> Received {
    var code: CInt = 0
    var isEnd = false
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let received = retryingOnInterrupt { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
      if received < 0 { code = errno }
      isEnd = received == 0
      count = max(0, received)
    }
    if isEnd { return .end }
    if code == 0 { return .bytes(bytes) }
    return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
  }

  enum Sent {
    /// As many bytes as the kernel took; 0 when it is full.
    case bytes(Int)
    case failed(CInt)
  }

  /// The corresponding C function is `send`, without the signal.
  func send(_ bytes: ArraySlice<UInt8>) -> Sent {
    let sent = bytes.withUnsafeBytes { buffer in
      retryingOnInterrupt {
        Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
      }
    }
    if sent >= 0 { return .bytes(sent) }
    return errno == EAGAIN || errno == EWOULDBLOCK ? .bytes(0) : .failed(errno)
  }

  /// Tells the other side that no more will come. The corresponding C function is `shutdown`.
  func endWriting() {
    shutdown(descriptor, CInt(SHUT_WR))
  }

  // MARK: - Listening

  /// How many connections may wait to be accepted.
  private static let backlog: CInt = 512

  /// The corresponding C functions are `bind` and `listen`.
  func listen(at address: SocketAddress) throws(TransportError) {
    set(SOL_SOCKET, SO_REUSEADDR, 1)
    guard address.withSockAddr({ bind(descriptor, $0, $1) }) == 0 else {
      throw .system(call: "bind to \(address)", code: errno)
    }
    guard Glibc.listen(descriptor, Self.backlog) == 0 else {
      throw .system(call: "listen", code: errno)
    }
  }

  enum Accepted {
    case socket(Socket)
    case wouldBlock
    case failed(CInt)
  }

  /// The corresponding C function is `accept`.
  func accept() -> Accepted {
    let accepted = retryingOnInterrupt { Int(Glibc.accept(descriptor, nil, nil)) }
    guard accepted >= 0 else {
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
    }
    let socket = Socket(owning: CInt(accepted))
    socket.makeNonBlocking()
    return .socket(socket)
  }

  /// `accept4` is a GNU extension that Swift's Glibc module leaves out.
  private func makeNonBlocking() {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Our own end. The corresponding C function is `getsockname`.
  func localAddress() -> SocketAddress? {
    address { getsockname(descriptor, $0, $1) }
  }

  /// The other end. The corresponding C function is `getpeername`.
  func remoteAddress() -> SocketAddress? {
    address { getpeername(descriptor, $0, $1) }
  }

  private func address(
    _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard ask(address, &length) == 0 else { return nil }
        return SocketAddress(address, length: length)
      }
    }
  }
}

private func retryingOnInterrupt(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
