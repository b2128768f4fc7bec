@testable import HTTPServer
import Testing

/// Clients that take what there is and give nothing.
@Suite("Floods")
struct FloodTests {
  private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("connections that send no request make room for those that do")
  func displacesTheIdle() async throws {
    try await TestServer.run {
      $0.maximumConnections = 40
      $0.connectionHeadroom = 4
    } _: { server in
      let stream = try server.stream(isLive: true)
      let idle = try (0..<200).map { _ in try server.client() }
      for (number, client) in idle.enumerated() where number % 2 == 0 { client.send("GET / HT") }
      for _ in 0..<50 { #expect(try server.exchange(Self.request).text == "hello") }
      #expect(await server.counts.connections <= 40)
      await server.publish([7])
      #expect(try stream.readStream(1) == [7], "a stream is never displaced")
      withExtendedLifetime(idle) {}
    }
  }

  @Test("a client that drips its request does not hold its place by that")
  func displacesTheSlow() async throws {
    try await TestServer.run {
      $0.maximumConnections = 8
      $0.connectionHeadroom = 2
    } _: { server in
      let slow = try server.client()
      slow.send("GET / HT")
      let others = try (0..<20).map { _ in
        slow.send("T")
        return try server.client()
      }
      #expect(slow.isClosed())
      withExtendedLifetime(others) {}
    }
  }

  @Test("one address has no more connections than it may, and gets its places back")
  func limitsAnAddress() async throws {
    try await TestServer.run {
      $0.maximumConnectionsPerAddress = 3
    } _: { server in
      var clients = try (0..<3).map { _ in try server.client() }
      try await server.waitUntil { _ in server.server.counts.connections == 3 }
      for _ in 0..<5 { #expect(try server.client().isClosed()) }
      #expect(await server.onLoop { _ in server.server.outcomes.turnedAway } == 5)
      clients.removeLast()
      try await server.waitUntil { _ in server.server.counts.connections == 2 }
      #expect(try server.exchange(Self.request).text == "hello")
      withExtendedLifetime(clients) {}
    }
  }

  @Test("what became of requests is counted, what passed a limit by its status")
  func counts() async throws {
    try await TestServer.run {
      $0.maximumBodyBytes = 10
      $0.inactivityTimeout = .seconds(1)
    } _: { server in
      #expect(try server.exchange(Self.request).status == 200)
      let long = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"
      #expect(try server.exchange(long).status == 413)
      let cookies = String(repeating: "a", count: 20_000)
      let large = "GET / HTTP/1.1\r\nHost: a\r\nX-Large: \(cookies)\r\n\r\n"
      #expect(try server.exchange(large).status == 431)
      let slow = try server.client()
      slow.send("GET / HTTP/1.1\r\nHost: a\r\n")
      try await server.waitUntil { _ in
        let outcomes = server.server.outcomes
        return outcomes.responses == [200: 1, 413: 1, 431: 1] && outcomes.unfinished == 1
      }
      withExtendedLifetime(slow) {}
    }
  }

  @Test("responses that nobody reads take limited memory, and are let go with their clients")
  func limitsReplies() async throws {
    try await TestServer.run {
      $0.maximumReplyBytes = 9_000_000
    } _: { server in
      var deaf = try (0..<8).map { _ in try server.client(receiveBufferBytes: 4096) }
      for client in deaf { client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n") }
      try await server.waitUntil { _ in server.server.counts.connections == 8 }
      #expect(try server.exchange(Self.request).status == 503)
      deaf.removeAll()
      try await server.waitUntil { _ in server.server.counts.connections == 0 }
      #expect(try server.exchange(Self.request).text == "hello")
    }
  }

  @Test("the line gives up whoever has waited longest, and forgets who has left")
  func line() {
    var line = WaitingLine()
    let first = line.enter(1)
    _ = line.enter(2)
    line.leave(first)
    line.leave(first)
    #expect(line.takeFirst() == 2)
    #expect(line.takeFirst() == nil)
    for descriptor in 0..<CInt(10_000) { line.leave(line.enter(descriptor)) }
    #expect(line.count == 0)
    #expect(line.takeFirst() == nil)
  }
}
