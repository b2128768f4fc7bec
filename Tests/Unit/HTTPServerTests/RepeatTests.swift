import Glibc
@testable import HTTPServer
import Synchronization
import Testing

/// Raised by one thread while another waits for it.
private final class Flag: Sendable {
  private let isSet = Atomic(false)

  func set() { isSet.store(true, ordering: .releasing) }

  var isUp: Bool { isSet.load(ordering: .acquiring) }

  func wait() {
    while !isUp { usleep(1000) }
  }
}

/// Requests of the same bytes in one turn of the loop.
@Suite("Repeated requests")
struct RepeatTests {
  private static func request(_ target: String, _ fields: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
  }

  /// Has the server find all of the requests in one turn, each on a connection of its own, in their
  /// order.
  private static func atOnce(
    _ requests: [String], _ server: TestServer
  ) async throws -> [TestClient.Response] {
    let clients = try requests.map { _ in try server.client() }
    for client in clients {
      client.send(request("/hello"))
      _ = try client.response()
    }
    let (isPaused, isSent) = (Flag(), Flag())
    let pause = Task {
      await server.onLoop { _ in
        isPaused.set()
        isSent.wait()
      }
    }
    while !isPaused.isUp { try await Task.sleep(for: .milliseconds(1)) }
    for (client, request) in zip(clients, requests) { client.send(request) }
    isSent.set()
    await pause.value
    return try clients.map { try $0.response() }
  }

  @Test("many are answered by asking once; in the next turn it is asked again")
  func asksOnce() async throws {
    try await TestServer.run { server in
      let same = [String](repeating: Self.request("/moment"), count: 20)
      for turn in ["1", "2"] {
        let answers = try await Self.atOnce(same, server)
        #expect(answers.map(\.text) == [String](repeating: turn, count: 20))
      }
      #expect(await server.onLoop { $0.moments } == 2)
      let counted = await server.onLoop { _ in server.server.outcomes.responses[200] }
      #expect(counted == 80, "each is counted, those before them too")
    }
  }

  @Test("a reply is not kept for a later turn, though nothing else is asked in between")
  func forgets() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for turn in ["1", "2", "3"] {
        client.send(Self.request("/moment"))
        #expect(try client.response().text == turn)
      }
    }
  }

  @Test("what differs in any byte is asked for by itself")
  func tellsApart() async throws {
    try await TestServer.run { server in
      let requests = [
        Self.request("/moment"), Self.request("/moment?a"), Self.request("/moment?b"),
        Self.request("/moment", "X: 1\r\n"), Self.request("/moment", "X: 2\r\n"),
      ]
      let answers = try await Self.atOnce(requests, server)
      #expect(answers.map(\.text) == ["1", "2", "3", "4", "5"])
    }
  }

  @Test(
    "a request that hides its fields behind NULs is refused, though it looks the same once parsed"
  )
  func refusesHidden() async throws {
    try await TestServer.run { server in
      let plain = Self.request("/moment", "X: 1\r\n")
      let hidden = "GET /moment HTTP/1.1\r\nHost: a\0\0X\0 1\r\n\r\n"
      #expect(plain.utf8.count == hidden.utf8.count)
      let answers = try await Self.atOnce([plain, hidden], server)
      #expect(answers.map(\.status) == [200, 400])
    }
  }

  @Test("what may not be repeated is not, and nothing from before it either")
  func asksAgain() async throws {
    try await TestServer.run { server in
      let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
      let alone = Self.request("/moment?alone")
      let requests = [Self.request("/moment"), post, Self.request("/moment"), alone, alone]
      let answers = try await Self.atOnce(requests, server)
      #expect(answers.map(\.text) == ["1", "x", "2", "3", "4"])
    }
  }
}
