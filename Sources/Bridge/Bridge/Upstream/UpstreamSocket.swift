import BridgeModel
import EventLoop
import Transport
import WebSocketProtocol

/// One WebSocket to an upstream: a connection, the opening handshake, and the protocol over it.
///
/// On the loop. Its events come in order: `failed` alone, or `opened`, any number of others, then
/// `closed`. After ``close(code:)`` or ``abort()`` nothing comes any more.
actor UpstreamSocket {
  enum Event: Sendable {
    case opened
    /// Bytes came in, whatever they are.
    case activity
    /// All that came in with one read.
    case texts([String])
    case pong([UInt8])
    /// It never opened.
    case failed(UpstreamFailure)
    /// It was open. 1006 where no close frame came (RFC 6455 section 7.1.5).
    case closed(code: Int, reason: String)
  }

  private enum Phase {
    case connecting
    case handshaking(ClientHandshake)
    case open(WebSocketConnection)
    case done
  }

  private nonisolated let loop: EventLoop
  private let connection: Connection
  private let path: String
  private let host: String
  private let options: UpstreamOptions
  private let onEvent: @Sendable (Event) -> Void
  private let scheme: UpstreamURL.Scheme
  private var hasReceived = false
  private var phase = Phase.connecting
  private var random = SystemRandom()
  private var deadline: TimerID?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter path: below the URL's prefix; may hold the key, so it is never logged.
  init(
    loop: EventLoop, route: UpstreamRoute, path: String, options: UpstreamOptions,
    onEvent: @escaping @Sendable (Event) -> Void
  ) {
    self.loop = loop
    self.path = route.url.prefix + path
    host = route.url.hostField
    scheme = route.url.scheme
    self.options = options
    self.onEvent = onEvent
    connection = Connection(
      to: route.endpoint, options: route.options(timeout: options.requestTimeout), on: loop)
  }

  // MARK: For the driver, on the loop

  nonisolated func open() {
    assumeIsolated { socket in
      socket.deadline = socket.loop.schedule(after: socket.options.requestTimeout) {
        [weak socket] in
        socket?.assumeIsolated { $0.expire() }
      }
      socket.connection.open { event in socket.assumeIsolated { $0.take(event) } }
    }
  }

  nonisolated func send(text: String) {
    assumeIsolated { socket in
      socket.withProtocol { webSocket, random in
        try? webSocket.send(text: text, using: &random)
      }
    }
  }

  /// - Parameter payload: at most 125 bytes.
  nonisolated func ping(_ payload: [UInt8]) {
    assumeIsolated { socket in
      socket.withProtocol { webSocket, random in
        try? webSocket.ping(payload, using: &random)
      }
    }
  }

  /// Says farewell and closes.
  nonisolated func close(code: UInt16) {
    assumeIsolated { socket in
      socket.withProtocol { webSocket, random in
        try? webSocket.close(WebSocketCloseCode(rawValue: code), using: &random)
      }
      socket.finish()
      socket.connection.close()
    }
  }

  nonisolated func abort() {
    assumeIsolated { socket in
      socket.finish()
      socket.connection.abort()
    }
  }

  // MARK: Connection

  private func take(_ event: ConnectionEvent) {
    switch (event, phase) {
    case (.opened, .connecting):
      beginHandshake()
    case (.received(let bytes), .handshaking(let handshake)):
      receive(bytes, handshake)
    case (.received(let bytes), .open(let webSocket)):
      receive(bytes, webSocket)
    case (.closed(.closedByPeer), .handshaking), (.closed(.reset), .handshaking):
      let obstacle = hasReceived ? nil : Obstacle(closedUnansweredOver: scheme)
      fail(obstacle?.failure ?? UpstreamFailure(TransportError.closedByPeer))
    case (.closed(let error), .connecting), (.closed(let error), .handshaking):
      fail(UpstreamFailure(error ?? .closedByPeer))
    case (.closed(let error), .open(var webSocket)):
      for case .closed(let closure) in webSocket.receiveEOF() {
        end(.closed(code: Int(closure.code.rawValue), reason: error.map { "\($0)" } ?? ""))
      }
    default:
      break
    }
  }

  private func beginHandshake() {
    do throws(HandshakeError) {
      let handshake = try ClientHandshake(
        host: host, target: path, extraHeaders: ["User-Agent": "walletwire"], using: &random,
        sha1: Cryptography.sha1)
      phase = .handshaking(handshake)
      connection.send(handshake.request)
    } catch {
      fail(UpstreamFailure(error))
    }
  }

  private func receive(_ bytes: [UInt8], _ handshake: ClientHandshake) {
    if let obstacle = Obstacle(firstBytes: bytes) { return fail(obstacle.failure) }
    hasReceived = true
    var handshake = handshake
    do throws(HandshakeError) {
      switch try handshake.receive(bytes) {
      case .needsMore:
        phase = .handshaking(handshake)
      case .upgraded(let leftover):
        cancelDeadline()
        let limits = WebSocketLimits(
          maximumFramePayloadBytes: options.maximumMessageBytes,
          maximumMessageBytes: options.maximumMessageBytes)
        phase = .open(WebSocketConnection(role: .client, limits: limits))
        onEvent(.opened)
        if case .open(let webSocket) = phase, !leftover.isEmpty { receive(leftover, webSocket) }
      case .refused(let refusal):
        fail(UpstreamFailure(refusal))
      }
    } catch {
      fail(UpstreamFailure(error))
    }
  }

  private func receive(_ bytes: [UInt8], _ webSocket: WebSocketConnection) {
    var webSocket = webSocket
    // Given up while it changes, so that its buffers are not copied.
    phase = .done
    let events = webSocket.receive(bytes, using: &random)
    let output = webSocket.takeOutput()
    phase = .open(webSocket)
    if !output.isEmpty { connection.send(output) }
    onEvent(.activity)
    let texts = events.compactMap { event in
      if case .text(let text) = event { text } else { nil }
    }
    if !texts.isEmpty { onEvent(.texts(texts)) }
    for event in events {
      // A listener may have closed the socket meanwhile.
      guard case .open = phase else { return }
      switch event {
      case .pong(let payload): onEvent(.pong(payload))
      case .text, .binary, .ping: break
      case .closed(let closure):
        end(.closed(code: Int(closure.code.rawValue), reason: closure.reason))
        connection.close()
      case .failed(let error):
        end(.closed(code: Int(WebSocketCloseCode.protocolError.rawValue), reason: "\(error)"))
        connection.close()
      }
    }
  }

  private func withProtocol(
    _ body: (inout WebSocketConnection, inout SystemRandom) -> Void
  ) {
    guard case .open(var webSocket) = phase else { return }
    phase = .done
    body(&webSocket, &random)
    let output = webSocket.takeOutput()
    phase = .open(webSocket)
    connection.send(output)
  }

  // MARK: The end

  private func expire() {
    deadline = nil
    fail(
      UpstreamFailure(
        .timeout,
        "the WebSocket did not open within \(options.requestTimeout.wholeMilliseconds) ms"))
  }

  private func fail(_ failure: UpstreamFailure) {
    end(.failed(failure))
    connection.abort()
  }

  private func end(_ event: Event) {
    guard finish() else { return }
    onEvent(event)
  }

  /// - Returns: whether it was not finished before.
  @discardableResult private func finish() -> Bool {
    cancelDeadline()
    if case .done = phase { return false }
    phase = .done
    return true
  }

  private func cancelDeadline() {
    if let deadline { loop.cancel(deadline) }
    deadline = nil
  }
}
