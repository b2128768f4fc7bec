package import EventLoop
import Glibc

/// Accepts TCP connections on its loop.
package actor TCPListener {
  /// How many connections are accepted before others have their turn.
  private static let maximumAcceptsPerTurn = 64
  /// How long to leave new connections waiting when the process is out of descriptors.
  private static let exhaustionPause: Duration = .milliseconds(100)

  package nonisolated let loop: EventLoop
  /// Where it listens; the port is never 0.
  package nonisolated let address: SocketAddress
  private var socket: Socket?
  private var pause: TimerID?
  private let onAccept: @Sendable (Connection) -> Void

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Binds; `start` begins to accept. From any thread.
  ///
  /// - Parameters:
  ///   - endpoint: an IP address or a name of this machine such as `localhost` (its first address
  ///     is taken); port 0 picks a free one.
  ///   - loop: where it lives, and the accepted connections with it.
  ///   - onAccept: called on the loop. Call `open` on the connection at once or later; letting go
  ///     of it closes it.
  /// - Throws: `TransportError`, `system` with `EADDRINUSE` when the port is taken.
  package init(
    at endpoint: Endpoint, on loop: EventLoop, _ onAccept: @escaping @Sendable (Connection) -> Void
  ) throws(TransportError) {
    guard let wanted = try SocketAddress.lookUp(endpoint, flags: AI_PASSIVE).first else {
      throw .nameNotFound(host: endpoint.host)
    }
    let socket = try Socket(family: wanted.family)
    try socket.listen(at: wanted)
    self.loop = loop
    self.socket = socket
    self.onAccept = onAccept
    address = socket.localAddress() ?? wanted
  }

  /// Begins to accept. Only on its loop, and once.
  ///
  /// - Throws: `TransportError.system` when the loop cannot watch the socket.
  package nonisolated func start() throws(TransportError) {
    let failure = assumeIsolated { $0.beginAccepting() }
    if let failure { throw failure }
  }

  /// Stops listening. Connections live on. Only on its loop; idempotent.
  package nonisolated func close() {
    assumeIsolated { $0.stop() }
  }

  private func beginAccepting() -> TransportError? {
    guard let socket else { return nil }
    do throws(EventLoopError) {
      try loop.watch(socket.descriptor, for: .read) { [self] _ in
        assumeIsolated { $0.acceptWaiting() }
      }
      return nil
    } catch {
      return TransportError(error)
    }
  }

  private func acceptWaiting() {
    for _ in 0..<Self.maximumAcceptsPerTurn {
      guard let socket else { return }
      switch socket.accept() {
      case .wouldBlock: return
      case .socket(let accepted):
        // Without an address it is gone already.
        guard let address = accepted.remoteAddress() else { continue }
        onAccept(Connection(accepted: accepted, from: address, on: loop))
      case .failed(EMFILE), .failed(ENFILE), .failed(ENOBUFS), .failed(ENOMEM): return rest()
      // Any other failure belongs to the one connection, accept(2) says.
      case .failed: continue
      }
    }
  }

  /// The waiting connection keeps the socket ready: without a pause the loop would spin.
  private func rest() {
    setInterest([])
    pause = loop.schedule(after: Self.exhaustionPause) { [self] in
      assumeIsolated { $0.setInterest(.read) }
    }
  }

  private func setInterest(_ interest: EventLoop.Interest) {
    guard let socket else { return }
    do throws(EventLoopError) {
      try loop.change(socket.descriptor, to: interest)
    } catch {
      stop()
    }
  }

  private func stop() {
    if let pause { loop.cancel(pause) }
    if let socket { loop.unwatch(socket.descriptor) }
    socket = nil
  }
}
