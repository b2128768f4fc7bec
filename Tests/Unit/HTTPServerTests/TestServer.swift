import EventLoop
import Glibc
@testable import HTTPServer
import Testing

/// A handler whose streams all follow one growing log of bytes, each with a cursor of its own.
///
/// `@unchecked Sendable`: its state is touched on the server's loop alone.
final class LogHandler: HTTPHandler, @unchecked Sendable {
  var log: [UInt8] = []
  var cursors: [UInt32: Int] = [:]
  var opened: [StreamID] = []
  var closed: [StreamID] = []
  var fills = 0
  /// Takes the replies to `/late`, in the order of the requests.
  var late: [@Sendable (HTTPResponse) -> Void] = []
  /// What the smallest and the largest buffer of a fill took.
  var smallestCapacity = Int.max
  var largestCapacity = 0
  /// Where TLS handshakes came from.
  var handshakes: [HTTPEndpoint] = []
  /// Called when a fill finds nothing.
  var onNothing: (StreamID) -> Void = { _ in }
  /// The log ends here, and streams with it.
  var isFinished = false

  func respond(to request: HTTPRequest) -> HTTPReply {
    switch request.path {
    case "/stream":
      return .stream(HTTPStreamHead(headers: ["Content-Type": "text/event-stream"])) { id in
        self.opened.append(id)
        self.cursors[id.index] = request.query["live"] == nil ? 0 : self.log.count
      }
    case "/late":
      return .later { self.late.append($0) }
    case "/at-once":
      return .later { $0(HTTPResponse(status: 200, body: Array("now".utf8))) }
    case "/echo":
      return .response(HTTPResponse(status: 200, body: request.body))
    case "/inspect":
      let items = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
      let text = """
        \(request.method) \(request.path) [\(items)] \(request.host ?? "-") \
        \(request.remoteAddress.isLoopback) \(request.localAddress.port)
        """
      return .response(HTTPResponse(status: 200, body: Array(text.utf8)))
    case "/unchanged":
      return .response(
        HTTPResponse(status: 304, headers: ["ETag": "\"1\""], body: Array("12345".utf8)))
    case "/nothing":
      return .response(HTTPResponse(status: 204))
    case "/large":
      return .response(HTTPResponse(status: 200, body: [UInt8](repeating: 7, count: 3_000_000)))
    case "/framed":
      return .response(
        HTTPResponse(
          status: 200, headers: ["X-Frame-Options": "SAMEORIGIN", "X-Bad": "a\r\nInjected: yes"]))
    default:
      return .response(HTTPResponse(status: 200, body: Array("hello".utf8)))
    }
  }

  func fill(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill {
    fills += 1
    smallestCapacity = min(smallestCapacity, buffer.capacity)
    largestCapacity = max(largestCapacity, buffer.capacity)
    let cursor = cursors[stream.index] ?? 0
    guard cursor < log.count else {
      onNothing(stream)
      return isFinished ? .end : .wait
    }
    let count = buffer.copy(log, from: cursor)
    cursors[stream.index] = cursor + count
    return .bytes(count)
  }

  func refusedTLS(from client: HTTPEndpoint) { handshakes.append(client) }

  /// Whether each stream that was opened has been closed, and none of them twice.
  var hasClosedEachOnce: Bool { Set(closed) == Set(opened) && closed.count == opened.count }

  func streamClosed(_ stream: StreamID) {
    closed.append(stream)
    cursors[stream.index] = nil
  }
}

/// A server on a loop and a port of its own.
struct TestServer: Sendable {
  let server: HTTPServer
  let handler: LogHandler
  let port: UInt16
  private let loop: EventLoop

  /// Runs a server for as long as `body` takes.
  static func run(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
  ) async throws {
    var configuration = HTTPServerConfiguration(host: "127.0.0.1", port: 0)
    configuration.commonHeaders = ["X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"]
    change(&configuration)
    let loop = try EventLoop(name: "http")
    let handler = LogHandler()
    let server = HTTPServer(loop: loop, configuration: configuration, handler: handler)
    let listening = try await server.start()
    let port = try #require(listening.endpoints.first?.port)
    let result: Result<Void, any Error>
    do {
      result = .success(
        try await body(TestServer(server: server, handler: handler, port: port, loop: loop)))
    } catch {
      result = .failure(error)
    }
    await server.stop(within: .seconds(1))
    await loop.shutDown()
    // A test's closure may hold the server, which holds the handler.
    handler.onNothing = { _ in }
    try result.get()
  }

  /// Runs `work` on the server's loop and waits for it.
  func onLoop<Value: Sendable>(_ work: @escaping @Sendable (LogHandler) -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: work(handler)) }
    }
  }

  /// Appends to the log and wakes all streams.
  func publish(_ bytes: [UInt8]) async {
    await onLoop { handler in
      handler.log += bytes
      server.resumeAll()
    }
  }

  var counts: HTTPServerCounts {
    get async { await onLoop { _ in server.counts } }
  }

  /// Waits until `condition` holds on the loop, for at most ten seconds.
  func waitUntil(_ condition: @escaping @Sendable (LogHandler) -> Bool) async throws {
    for _ in 0..<2000 {
      if await onLoop(condition) { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited in vain")
  }

  func client(receiveBufferBytes: CInt? = nil) throws -> TestClient {
    try TestClient(port: port, receiveBufferBytes: receiveBufferBytes)
  }

  /// Opens a stream and reads its head. It begins with the log, or where it ends now (`isLive`).
  func stream(isLive: Bool = false, receiveBufferBytes: CInt? = nil) throws -> TestClient {
    let client = try client(receiveBufferBytes: receiveBufferBytes)
    client.send("GET /stream\(isLive ? "?live" : "") HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let head = try client.readHead()
    #expect(head.status == 200)
    return client
  }

  /// Sends a whole request on a connection of its own.
  func exchange(_ request: String, isHead: Bool = false) throws -> TestClient.Response {
    let client = try client()
    client.send(request)
    return try client.response(toHead: isHead)
  }
}

/// How many open sockets of this process have that local port: a server's listener and connections.
func openSockets(on port: UInt16) -> Int {
  (0..<CInt(65536)).count { HTTPEndpoint(localAddressOf: $0)?.port == port }
}
