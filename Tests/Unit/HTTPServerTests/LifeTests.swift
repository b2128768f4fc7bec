import EventLoop
import Glibc
import HTTPServer
import Testing

@Suite("Listening", .serialized)
struct ListeningTests {
  private func server(_ loop: EventLoop, _ host: String, _ port: UInt16 = 0) -> HTTPServer {
    HTTPServer(
      loop: loop, configuration: HTTPServerConfiguration(host: host, port: port),
      handler: LogHandler())
  }

  @Test("literals and names are listened on, all addresses of a name on one port")
  func addresses() async throws {
    let loop = try EventLoop(name: "http")
    for host in ["127.0.0.1", "::1", "[::1]", "localhost", "0.0.0.0", "::"] {
      let server = server(loop, host)
      let listening = try await server.start()
      #expect(!listening.endpoints.isEmpty)
      #expect(Set(listening.endpoints.map(\.port)).count == 1)
      #expect(listening.endpoints.allSatisfy { $0.port != 0 })
      #expect(
        listening.endpoints.allSatisfy(\.isLoopback) == !["0.0.0.0", "::"].contains(host))
      if host != "::1" && host != "[::1]" {
        let client = try TestClient(port: listening.endpoints[0].port)
        client.send("GET /inspect HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().text.contains(" true "))
      }
      await server.stop(within: .seconds(1))
    }
    await loop.shutDown()
  }

  @Test("a port in use, an address of another machine and an unknown name are told apart")
  func refusesAddresses() async throws {
    let loop = try EventLoop(name: "http")
    let first = server(loop, "127.0.0.1")
    let port = try await first.start().endpoints[0].port
    await #expect(throws: HTTPServerError.addressInUse("127.0.0.1:\(port)")) {
      try await server(loop, "127.0.0.1", port).start()
    }
    await #expect(throws: HTTPServerError.addressNotAvailable("192.0.2.1:2121")) {
      try await server(loop, "192.0.2.1", 2121).start()
    }
    do {
      _ = try await server(loop, "no-such-name.invalid").start()
      Issue.record("a name of .invalid was resolved")
    } catch .unresolvable(let host, _) {
      #expect(host == "no-such-name.invalid")
    }
    await #expect(throws: HTTPServerError.alreadyStarted) { try await first.start() }
    await first.stop(within: .seconds(1))
    let second = server(loop, "127.0.0.1", port)
    _ = try await second.start()
    await second.stop(within: .seconds(1))
    await loop.shutDown()
  }

  @Test("connections above the limit wait until one of the others closes")
  func limitsConnections() async throws {
    try await TestServer.run {
      $0.maximumConnections = 2
    } _: { server in
      var clients = try (0..<2).map { _ in try server.stream() }
      let third = try server.client()
      third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await Task.sleep(for: .milliseconds(100))
      #expect(await server.counts.connections == 2)
      clients.removeLast()
      for _ in 0..<20 where await server.counts.streams > 1 {
        await server.publish([1])
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try third.response().text == "hello")
    }
  }

  @Test("an idle connection is closed after inactivityTimeout")
  func closesIdle() async throws {
    try await TestServer.run {
      $0.inactivityTimeout = .seconds(1)
    } _: { server in
      let silent = try server.client()
      let halfway = try server.client()
      halfway.send("GET / HT")
      #expect(silent.isClosed())
      #expect(halfway.isClosed())
      #expect(await server.counts.connections == 0)
    }
  }

  @Test("a server with nothing to do lets the loop sleep")
  func sleeps() async throws {
    let loop = try EventLoop(name: "http")
    let server = server(loop, "127.0.0.1")
    let port = try await server.start().endpoints[0].port
    let client = try TestClient(port: port)
    client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    _ = try client.readHead()
    try await Task.sleep(for: .milliseconds(100))
    let before = loop.wakeUpCount
    try await Task.sleep(for: .milliseconds(500))
    #expect(loop.wakeUpCount - before <= 1)
    await server.stop(within: .seconds(1))
    await loop.shutDown()
  }
}

@Suite("Stopping", .serialized)
struct StoppingTests {
  @Test("streams deliver what they have, and end completely; idle connections close")
  func endsStreams() async throws {
    try await TestServer.run { server in
      let clients = try (0..<50).map { _ in try server.stream() }
      let idle = try server.client()
      idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try idle.response()
      let event = [UInt8](repeating: 3, count: 20_000)
      await server.onLoop { $0.log += event }
      let duration = await ContinuousClock().measure {
        await server.server.stop(within: .seconds(5))
      }
      #expect(duration < .seconds(10))
      for client in clients {
        #expect(try client.readStream(event.count) == event)
        #expect(try client.nextChunk() == nil)
        #expect(client.isClosed())
      }
      #expect(idle.isClosed())
      #expect(throws: TestClient.Failure.self) { try server.client() }
      #expect(await server.onLoop { $0.hasClosedEachOnce })
    }
  }

  @Test("a response under way is sent whole")
  func finishesResponses() async throws {
    try await TestServer.run { server in
      let client = try server.client(receiveBufferBytes: 4096)
      client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
      let (_, head) = try client.readHead()
      #expect(head.contains("Content-Length: 3000000\r\n"))
      async let stopped: Void = server.server.stop(within: .seconds(5))
      #expect(try client.read(exactly: 3_000_000).count == 3_000_000)
      await stopped
    }
  }

  @Test("it may be called before the start, again, and twice at a time")
  func isIdempotent() async throws {
    let loop = try EventLoop(name: "http")
    let configuration = HTTPServerConfiguration(host: "127.0.0.1", port: 0)
    let unused = HTTPServer(loop: loop, configuration: configuration, handler: LogHandler())
    await unused.stop(within: .seconds(1))
    await #expect(throws: HTTPServerError.alreadyStarted) { try await unused.start() }
    let used = HTTPServer(loop: loop, configuration: configuration, handler: LogHandler())
    _ = try await used.start()
    async let first: Void = used.stop(within: .seconds(1))
    async let second: Void = used.stop(within: .seconds(1))
    _ = await (first, second)
    await used.stop(within: .seconds(1))
    await loop.shutDown()
  }

  @Test(
    "2000 streams end within the limit though half of them are never read; nothing is left open")
  func stopsThousands() async throws {
    try await TestServer.run {
      $0.maximumConnections = 2500
      $0.reservedDescriptors = 2500
    } _: { server in
      await server.publish([UInt8](repeating: 1, count: 6_000_000))
      let readers = try (0..<1000).map { _ in try server.stream(isLive: true) }
      let deaf = try (0..<980).map { _ in try server.stream(isLive: true) }
      let blocked = try (0..<20).map { _ in try server.stream(receiveBufferBytes: 4096) }
      try await server.waitUntil { _ in server.server.counts.waiting == 1980 }
      await server.publish([2])
      #expect(await server.counts.streams == 2000)
      #expect(openSockets(on: server.port) == 2001)

      let limit = Duration.seconds(2)
      let duration = await ContinuousClock().measure { await server.server.stop(within: limit) }
      #expect(duration < .seconds(5))
      for reader in readers {
        #expect(try reader.readStream(1) == [2])
        #expect(try reader.nextChunk() == nil)
      }
      #expect(await server.onLoop { $0.closed.count } == 2000)
      #expect(await server.onLoop { $0.hasClosedEachOnce })
      withExtendedLifetime((deaf, blocked)) {}
      #expect(openSockets(on: server.port) == 0)
    }
  }
}
