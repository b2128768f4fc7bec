@testable import HTTPServer
import Testing

@Suite("RFC 9112: messages and connections", .serialized)
struct MessageTests {
  private static let get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"

  @Test("9.3: a connection is kept for further requests")
  func keepsAlive() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for _ in 0..<3 {
        client.send(Self.get)
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.text == "hello")
        #expect(response.field("Connection") == nil)
        #expect(response.field("Date") != nil)
      }
      #expect(await server.counts.connections == 1)
    }
  }

  @Test("9.3.2: pipelined requests are answered in their order")
  func pipelines() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      let requests = (0..<50).map {
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\($0 + 10)"
      }
      client.send(requests.joined())
      for index in 0..<50 {
        #expect(try client.response().text == "\(index + 10)")
      }
    }
  }

  @Test(
    "5.5: blanks round a Content-Length are none of it",
    arguments: ["5", " 5", "5 ", "5\t", " \t 5 \t ", "\t5", "005  "])
  func blankLength(_ length: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for name in ["Content-Length", "content-length", "CONTENT-LENGTH"] {
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(name):\(length)\r\nX-A: b \r\n\r\nhello")
        let response = try client.response()
        #expect(response.status == 200 && response.text == "hello", "\(name)")
        #expect(response.field("Connection") == nil)
      }
    }
  }

  @Test("5.5: blanks are moved within the header's own lines, as far as they have come")
  func movesBlanks() {
    func moved(_ text: String) -> String {
      var bytes = Array(text.utf8)
      bytes.withUnsafeMutableBytes { ContentLengthBlanks.moveToFront(in: $0) }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(moved("A: b\r\nContent-Length:5 \t\r\n\r\n") == "A: b\r\nContent-Length:  5\r\n\r\n")
    for text in [
      "Content-Length: 5 ", "Content-Length: 5 \r", "Content-Length: 5 \n\r\n", "",
      "\r\nContent-Length: 5 \r\n", "A: b\r\n\r\nContent-Length: 5 \r\n", "A: b\0\r\n",
      "\0\r\nContent-Length: 5 \r\n", "X-Content-Length: 5 \r\n\r\n", "Content-Length \r\n\r\n",
      "Content-Length: \t \r\n\r\n", "Content-Length: 5\r\n\r\n",
    ] {
      #expect(moved(text) == text)
    }
  }

  @Test("7.1: after a body in chunks the connection is closed, whatever stands behind it")
  func closesAfterChunks() async throws {
    try await TestServer.run { server in
      let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      let smuggled = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
      for body in ["5\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "0\r\n\r\n", "0\nX: y\n\n"] {
        let client = try server.client()
        client.send(head + body + smuggled)
        let response = try client.response()
        #expect(response.text == (body.hasPrefix("0") ? "" : "hello"))
        #expect(response.field("Connection") == "close")
        #expect(client.readToEnd().isEmpty, "nothing behind it is answered")
      }
    }
  }

  @Test("a TLS handshake is turned away at once, and told; HTTP that comes late is not")
  func turnsTLSAway() async throws {
    try await TestServer.run { server in
      let late = try server.client()
      for record in [
        [22, 3, 1], [22, 3, 3, 0, 10, 1, 0], [22] + [UInt8](repeating: 10, count: 600),
      ] {
        let client = try server.client()
        let before = ContinuousClock.now
        client.send(record as [UInt8])
        #expect(client.endsInOrder())
        #expect(ContinuousClock.now - before < .seconds(5))
      }
      #expect(await server.onLoop { $0.handshakes.map(\.isLoopback) } == [true, true, true])
      late.send(Self.get)
      #expect(try late.response().text == "hello")
    }
  }

  @Test("9.6: Connection: close is honoured")
  func closes() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try client.response().field("Connection") == "close")
      #expect(client.isClosed())
    }
  }

  @Test("HEAD is sent the length that GET would have, and no body")
  func head() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
      let head = try client.response(toHead: true)
      #expect(head.status == 200)
      #expect(head.field("Content-Length") == "5")
      #expect(try client.response().text == "hello")
    }
  }

  @Test("a 304 bears the length of what it stands for, and no body; a 204 bears none")
  func bodiless() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET /unchanged HTTP/1.1\r\nHost: a\r\n\r\n")
      let unchanged = try client.response()
      #expect(unchanged.status == 304)
      #expect(unchanged.field("Content-Length") == "5")
      client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
      let nothing = try client.response()
      #expect(nothing.status == 204)
      #expect(nothing.field("Content-Length") == nil)
      #expect(try client.response().text == "hello")
    }
  }

  @Test("6: a body is read by its length, in pieces, and by chunks")
  func bodies() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab")
      client.send("cd")
      client.send("ef")
      #expect(try client.response().text == "abcdef")
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + Self.get)
      #expect(try client.response().text == "")
      #expect(try client.response().text == "hello")
      client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
      client.send("a;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n")
      #expect(try client.response().text == "abc0123456789")
    }
  }

  @Test("a body may have maximumBodyBytes, by either framing", arguments: [false, true])
  func largestBody(isChunked: Bool) async throws {
    try await TestServer.run {
      $0.maximumBodyBytes = 100_000
    } _: { server in
      let client = try server.client()
      let body = [UInt8](repeating: 65, count: 100_000)
      let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000"
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
      client.send(isChunked ? "186a0\r\n" : "")
      client.send(body)
      client.send(isChunked ? "\r\n0\r\n\r\n" : "")
      #expect(try client.response().body == body)
    }
  }

  @Test("RFC 9110, 10.1.1: who expects 100-continue gets it before the body")
  func continues() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      #expect(try client.readHead().status == 100)
      client.send("ok")
      #expect(try client.response().text == "ok")
    }
  }

  @Test("a response larger than the socket's buffer arrives whole")
  func largeResponse() async throws {
    try await TestServer.run { server in
      let response = try server.exchange("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(response.body.count == 3_000_000)
    }
  }

  @Test("HTTP/1.0 needs no Host; its connection closes unless it asks to be kept")
  func http10() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let kept = try client.response()
      #expect(kept.field("Connection")?.lowercased() == "keep-alive")
      client.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try client.response().text == "hello")
      #expect(client.isClosed())
    }
  }

  @Test(
    "3.2: the request's values",
    arguments: [
      ("GET /inspect?a=1&b=x+y%26&a=%C3%A9 HTTP/1.1", "GET /inspect [a=1;b=x y&;a=é] h:1"),
      ("GET /%69nspect?x HTTP/1.1", "GET /inspect [x=] h:1"),
      ("BREW http://other:80/inspect HTTP/1.1", "BREW /inspect [] other:80"),
      ("GET /inspect?%zz=%00& HTTP/1.1", "GET /inspect [%zz=\0] h:1"),
    ])
  func values(line: String, expected: String) async throws {
    try await TestServer.run { server in
      let response = try server.exchange("\(line)\r\nHost: h:1\r\n\r\n")
      #expect(response.text == "\(expected) true \(server.port)")
    }
  }

  @Test("common headers are on every response, but don't replace the handler's own")
  func commonHeaders() async throws {
    try await TestServer.run { server in
      let framed = try server.exchange("GET /framed HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(framed.field("X-Frame-Options") == "SAMEORIGIN")
      #expect(framed.field("X-Content-Type-Options") == "nosniff")
      #expect(framed.field("X-Bad") == nil)
      #expect(framed.field("Injected") == nil)
      let refused = try server.exchange("GET / HTTP/1.1\r\n\r\n")
      #expect(refused.field("X-Frame-Options") == "DENY")
      #expect(refused.field("X-Content-Type-Options") == "nosniff")
    }
  }
}
