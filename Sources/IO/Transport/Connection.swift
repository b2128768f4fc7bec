package import EventLoop

/// One TCP connection, through a proxy and TLS where asked: from the lookup of the name to the last
/// byte.
///
/// It lives on its loop. `open`, `send` and the rest are called there, synchronously, and never
/// call back before they return. From `open` to `closed` the connection keeps itself alive.
package actor Connection {
  package typealias EventHandler = @Sendable (ConnectionEvent) -> Void

  enum Phase {
    case idle
    case resolving
    case racing(AddressRace)
    case negotiatingProxy(SOCKSHandshake)
    case negotiatingTLS(TLSSession)
    case open
    /// Sends what is left.
    case flushing
    /// Has sent everything and waits for the other side's end, so that the kernel does not turn our
    /// close into a reset that takes the last bytes with it.
    case lingering
    case closed
  }

  package nonisolated let loop: EventLoop
  let endpoint: Endpoint
  let options: ConnectionOptions
  var phase = Phase.idle
  var socket: Socket?
  var tls: TLSSession?
  var outgoing = OutgoingBuffer()
  var receiveSize = ReceiveSize()
  /// False once the other side reads no more; what it still has to say is read.
  var isWritable = true
  var onEvent: EventHandler?
  var deadline: TimerID?
  var stepStart = ContinuousClock.now

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// A connection still to be made.
  ///
  /// - Parameters:
  ///   - endpoint: the server, also when a proxy stands between. Its host is what the certificate
  ///     must be for.
  ///   - options: TLS, proxy, limits.
  ///   - loop: where it lives and where its events are delivered.
  package init(to endpoint: Endpoint, options: ConnectionOptions, on loop: EventLoop) {
    self.loop = loop
    self.endpoint = endpoint
    self.options = options
  }

  /// A connection that a listener has accepted: `open` has nothing left to do but to begin reading.
  init(accepted socket: Socket, from address: SocketAddress, on loop: EventLoop) {
    self.loop = loop
    self.socket = socket
    endpoint = Endpoint(host: address.host, port: address.port)
    options = ConnectionOptions()
  }

  /// Begins. Only on its loop, and once.
  ///
  /// - Parameter onEvent: called on the loop, first after this has returned. Kept until `closed`.
  package nonisolated func open(_ onEvent: @escaping EventHandler) {
    assumeIsolated { $0.begin(onEvent) }
  }

  /// Sends bytes, in order. Only on its loop, after `opened`; ignored once the connection is
  /// closing or closed.
  ///
  /// What the kernel does not take at once is kept, up to `maximumOutgoingBytes`; beyond that the
  /// connection ends with `outgoingBufferFull`.
  package nonisolated func send(_ bytes: [UInt8]) {
    assumeIsolated { $0.transmit(bytes) }
  }

  /// Delivers what was sent, then closes, within `ConnectDeadlines.close`. Only on its loop;
  /// idempotent. Nothing is received any more; `closed(nil)` follows.
  package nonisolated func close() {
    assumeIsolated { $0.beginClosing() }
  }

  /// Closes at once and drops what was not delivered. Only on its loop; idempotent. `closed(nil)`
  /// follows.
  package nonisolated func abort() {
    assumeIsolated { $0.finish(nil) }
  }

  // MARK: - What all phases share

  func emit(_ event: ConnectionEvent) {
    onEvent?(event)
  }

  /// Ends the connection from any phase. The event follows in a job of its own, so that no caller
  /// is called back from within.
  func finish(_ error: TransportError?) {
    if case .closed = phase { return }
    if case .racing(let race) = phase { race.cancel() }
    phase = .closed
    cancelDeadline()
    if let socket { loop.unwatch(socket.descriptor) }
    socket = nil
    tls = nil
    outgoing.removeAll()
    guard let onEvent else { return }
    self.onEvent = nil
    loop.execute { onEvent(.closed(error)) }
  }

  func setDeadline(_ duration: Duration, _ onTime: @escaping @Sendable () -> Void) {
    cancelDeadline()
    deadline = loop.schedule(after: duration, onTime)
  }

  func cancelDeadline() {
    if let deadline { loop.cancel(deadline) }
    deadline = nil
  }

  /// Tells the loop what the phase wants to hear of.
  func updateInterest() {
    guard let socket else { return }
    var interest: EventLoop.Interest = .read
    if !outgoing.isEmpty { interest.insert(.write) }
    do throws(EventLoopError) {
      try loop.change(socket.descriptor, to: interest)
    } catch {
      finish(TransportError(error))
    }
  }
}
