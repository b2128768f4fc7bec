import BridgeModel
import EventLoop
import Transport

/// Tries one thing at a time against an upstream, with the means that the bridge itself uses.
struct UpstreamProbe: Sendable {
  typealias Step = (step: ConnectStep, took: Duration)

  let loop: EventLoop
  let route: UpstreamRoute
  let upstream: UpstreamSettings
  let key: Secret

  private var options: UpstreamOptions {
    UpstreamOptions(
      requestTimeout: upstream.requestTimeout, maximumMessageBytes: upstream.maximumMessageBytes)
  }

  /// Connects and closes again.
  ///
  /// - Returns: the steps that went well, and what ended them; a nil fault: all did.
  func connect() async -> (steps: [Step], fault: TransportError?) {
    let (events, continuation) = AsyncStream.makeStream(of: ConnectionEvent.self)
    let connection = Connection(
      to: route.endpoint, options: route.options(timeout: upstream.requestTimeout), on: loop)
    loop.execute {
      connection.open { event in
        continuation.yield(event)
        if case .closed = event { continuation.finish() }
      }
    }
    var steps: [Step] = []
    for await event in events {
      switch event {
      case .completed(let step, let took): steps.append((step, took))
      case .opened:
        loop.execute { connection.close() }
        return (steps, nil)
      case .received: break
      case .closed(let error): return (steps, error ?? .closedByPeer)
      }
    }
    return (steps, .closedByPeer)
  }

  /// Asks over HTTP, on a connection of its own.
  func get(_ path: String, keyHeader: String? = nil) async throws(DiagnosisFault)
    -> UpstreamResponse
  {
    let request = UpstreamRequest(path: path, keyHeader: keyHeader, urgency: .frame)
    let outcome = await withCheckedContinuation { continuation in
      loop.execute {
        UpstreamExchange(
          request, key: key, options: options, route: route, loop: loop, reusing: nil
        ) { outcome in
          outcome.reusable?.close()
          continuation.resume(returning: outcome)
        }.start()
      }
    }
    if let obstacle = outcome.obstacle {
      throw DiagnosisFault(obstacle.message, remedy: obstacle.remedy)
    }
    switch outcome.result {
    case .success(let response): return response
    case .failure(let failure): throw DiagnosisFault(failure)
    }
  }

  /// Opens a WebSocket; the caller closes it.
  ///
  /// - Parameter path: may hold the key.
  func openSocket(_ path: String) async throws(DiagnosisFault) -> ProbeSocket {
    let socket = ProbeSocket(loop: loop, route: route, path: path, options: options)
    try await socket.open()
    return socket
  }
}

/// A WebSocket whose events are awaited one after the other.
final class ProbeSocket: Sendable {
  private static let closeCode: UInt16 = 1000

  private let loop: EventLoop
  private let socket: UpstreamSocket
  private let events: AsyncStream<UpstreamSocket.Event>
  private let continuation: AsyncStream<UpstreamSocket.Event>.Continuation

  init(loop: EventLoop, route: UpstreamRoute, path: String, options: UpstreamOptions) {
    self.loop = loop
    let (events, continuation) = AsyncStream.makeStream(of: UpstreamSocket.Event.self)
    self.events = events
    self.continuation = continuation
    socket = UpstreamSocket(loop: loop, route: route, path: path, options: options) { event in
      switch event {
      // Not asked for here, and as many as the server likes.
      case .texts, .activity: break
      case .opened, .pong, .failed, .closed: continuation.yield(event)
      }
    }
  }

  fileprivate func open() async throws(DiagnosisFault) {
    let socket = socket
    loop.execute { socket.open() }
    for await event in events {
      switch event {
      case .opened: return
      case .failed(let failure): throw DiagnosisFault(failure)
      default: continue
      }
    }
  }

  /// Pings, and waits for the pong.
  func ping(timeout: Duration) async throws(DiagnosisFault) {
    let payload = Array("walletwire".utf8)
    let (loop, socket, continuation) = (loop, socket, continuation)
    loop.execute {
      socket.ping(payload)
      _ = loop.schedule(after: timeout) { continuation.finish() }
    }
    for await event in events {
      switch event {
      case .pong(payload): return
      case .closed(let code, _):
        throw DiagnosisFault(
          "the socket was closed with code \(code) instead of a pong",
          remedy: "see the server's log, and that of the proxy before it")
      default: continue
      }
    }
    throw DiagnosisFault(
      "the socket is open, but no pong came within \(timeout.wholeMilliseconds) ms",
      remedy: "a proxy between may keep the socket and forward nothing: see its WebSocket settings;"
        + " on a slow network raise heartbeat_timeout_ms")
  }

  func close() {
    let socket = socket
    loop.execute { socket.close(code: Self.closeCode) }
  }
}
