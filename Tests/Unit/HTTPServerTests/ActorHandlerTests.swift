import EventLoop
import HTTPServer
import Testing

/// The way in which an actor of the server's loop is its handler.
private actor Hub: HTTPHandler {
  private let loop: EventLoop
  private var pending: [StreamID: [UInt8]] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(loop: EventLoop) { self.loop = loop }

  nonisolated func respond(to request: HTTPRequest) -> HTTPReply {
    .stream(HTTPStreamHead(headers: [:])) { id in
      self.assumeIsolated { $0.pending[id] = Array(request.path.utf8) }
    }
  }

  nonisolated func fill(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill {
    assumeIsolated { $0.take(stream, into: buffer) }
  }

  private func take(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill {
    guard let bytes = pending[stream], !bytes.isEmpty else { return .end }
    let count = buffer.copy(bytes)
    pending[stream] = Array(bytes[count...])
    return .bytes(count)
  }

  nonisolated func streamClosed(_ stream: StreamID) {
    assumeIsolated { _ = $0.pending.removeValue(forKey: stream) }
  }
}

@Suite("An actor of the loop as handler", .serialized)
struct ActorHandlerTests {
  @Test("its callbacks enter without a hop")
  func answers() async throws {
    let loop = try EventLoop(name: "http")
    let server = HTTPServer(
      loop: loop, configuration: HTTPServerConfiguration(host: "127.0.0.1", port: 0),
      handler: Hub(loop: loop))
    let client = try TestClient(port: try await server.start().endpoints[0].port)
    client.send("GET /abc HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response().text == "/abc")
    await server.stop(within: .seconds(1))
    await loop.shutDown()
  }
}
