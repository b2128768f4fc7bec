import EventLoop
import Testing

@testable import HTTPServer

/// A handler may answer later; everybody else is served meanwhile.
@Suite("Late replies")
struct LateReplyTests {
  private static let get = "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n"

  private func answer(
    _ server: TestServer, _ text: String, after count: Int = 1
  ) async throws {
    try await server.waitUntil { $0.late.count >= count }
    await server.onLoop { handler in
      let late = handler.late
      handler.late = []
      for complete in late { complete(HTTPResponse(status: 200, body: Array(text.utf8))) }
    }
  }

  @Test("it comes when the handler has it, and the connection is kept")
  func kept() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for text in ["one", "two"] {
        client.send(Self.get)
        try await answer(server, text)
        let response = try client.response()
        #expect(response.text == text)
        #expect(response.field("X-Content-Type-Options") == "nosniff")
      }
      client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try client.response().text == "hello")
    }
  }

  @Test("it may come within the call")
  func atOnce() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for _ in 0..<3 {
        client.send("GET /at-once HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().text == "now")
      }
    }
  }

  @Test("others are answered while one waits, and a request behind it after it")
  func othersMeanwhile() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Self.get + "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try await server.waitUntil { $0.late.count == 1 }
      #expect(try server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").text == "hello")
      try await answer(server, "late")
      #expect(try client.response().text == "late")
      #expect(try client.response().text == "hello")
    }
  }

  @Test("HEAD has the head alone; HTTP/1.0, `Connection: close` and a body in chunks end with it")
  func forms() async throws {
    try await TestServer.run { server in
      let head = try server.client()
      head.send("HEAD /late HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.get)
      try await answer(server, "12345")
      #expect(try head.response(toHead: true).field("Content-Length") == "5")
      try await answer(server, "again")
      #expect(try head.response().text == "again")
      for request in [
        "GET /late HTTP/1.0\r\nHost: localhost\r\n\r\n",
        "GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /late HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "1\r\nx\r\n0\r\n\r\n",
      ] {
        let client = try server.client()
        client.send(request)
        try await answer(server, "end")
        #expect(try client.response().text == "end")
        #expect(client.isClosed())
      }
    }
  }

  @Test("the client may leave meanwhile", arguments: [false, true])
  func left(byReset: Bool) async throws {
    try await TestServer.run { server in
      var clients = try (0..<20).map { _ in try server.client() }
      for client in clients {
        if byReset { client.resetOnClose() }
        client.send(Self.get)
      }
      try await server.waitUntil { $0.late.count == 20 }
      clients = []
      try await answer(server, "too late", after: 20)
      try await server.waitUntil { _ in server.server.counts.connections == 0 }
      #expect(try server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").text == "hello")
    }
  }

  @Test("hundreds at once, and none of them is given up for a newcomer or for its silence")
  func many() async throws {
    try await TestServer.run {
      $0.inactivityTimeout = .seconds(1)
      $0.maximumWaitingConnections = 40
    } _: { server in
      var clients: [TestClient] = []
      for number in 1...300 {
        let client = try server.client()
        client.send(Self.get)
        clients.append(client)
        if number % 20 == 0 { try await server.waitUntil { $0.late.count == number } }
      }
      try await Task.sleep(for: .milliseconds(2500))
      #expect(try server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").text == "hello")
      try await answer(server, "all", after: 300)
      for client in clients { #expect(try client.response().text == "all") }
    }
  }

  @Test("a stop waits for it, and no longer than it may", arguments: [true, false])
  func stop(isAnswered: Bool) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Self.get)
      try await server.waitUntil { $0.late.count == 1 }
      async let stopped: Void = server.server.stop(within: .milliseconds(isAnswered ? 8000 : 300))
      if isAnswered { try await answer(server, "last") }
      await stopped
      if isAnswered {
        #expect(try client.response().text == "last")
      } else {
        let response = try? client.response()
        #expect(response == nil || response?.status == 503)
        // The handler still has it, and it goes nowhere.
        try await answer(server, "nobody")
      }
    }
  }
}
