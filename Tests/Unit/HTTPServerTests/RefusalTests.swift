import EventLoop
import HTTPServer
import Testing

@Suite("RFC 9112: what is refused", .serialized)
struct RefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let request: String
    let status: Int
    var testDescription: String { name }

    init(_ name: String, _ request: String, _ status: Int) {
      self.name = name
      self.request = request
      self.status = status
    }
  }

  private static let end = "\r\n\r\n"
  private static let host = "GET / HTTP/1.1\r\nHost: a\r\n"
  private static let post = "POST /echo HTTP/1.1\r\nHost: a\r\n"
  private static let chunked = "Transfer-Encoding: chunked"
  private static let long = String(repeating: "x", count: 60_000)

  @Test(
    "a refusal is a problem document, and the connection closes",
    arguments: [
      Case("3.2: no Host", "GET / HTTP/1.1" + end, 400),
      Case("3.2: two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a" + end, 400),
      Case("3.2: two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b" + end, 400),
      Case("6.3: both framings", post + "Content-Length: 1\r\n" + chunked + end, 400),
      Case("6.3: lengths that differ", post + "Content-Length: 1\r\nContent-Length: 2" + end, 400),
      Case("6.3: a length told twice", post + "Content-Length: 1\r\nContent-Length: 1" + end, 400),
      Case("6.1: an unknown coding", post + "Transfer-Encoding: gzip, chunked" + end, 501),
      Case("6.1: two codings", post + "Transfer-Encoding: x\r\n" + chunked + end, 400),
      Case("6.1: chunks in 1.0", "POST / HTTP/1.0\r\n" + chunked + end, 400),
      Case("5.1: a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y" + end, 400),
      Case("5.1: a name that isn't a token", "GET / HTTP/1.1\r\nHost: a\r\nX(: y" + end, 400),
      Case("5.1: no name", "GET / HTTP/1.1\r\nHost: a\r\n: y" + end, 400),
      Case("5: a control character", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b" + end, 400),
      Case("2.2: a bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb" + end, 400),
      Case("5.2: a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b" + end, 400),
      Case("5: a NUL in a value", "GET / HTTP/1.1\r\nHost: a\0b\r\nX: y" + end, 400),
      Case("2.2: a bare LF", "GET / HTTP/1.1\nHost: a" + end, 400),
      Case("3: a method that isn't a token", "G(T / HTTP/1.1\r\nHost: a" + end, 400),
      Case("3: a space in the target", "GET /a b HTTP/1.1\r\nHost: a" + end, 400),
      Case("a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a" + end, 400),
      Case("an escaped NUL in the path", "GET /a%00b HTTP/1.1\r\nHost: a" + end, 400),
      Case("a false escape in the path", "GET /a%4 HTTP/1.1\r\nHost: a" + end, 400),
      Case("a false escape in the path", "GET /%zz HTTP/1.1\r\nHost: a" + end, 400),
      Case("a path that isn't UTF-8", "GET /%ff HTTP/1.1\r\nHost: a" + end, 400),
      Case("a fragment", "GET /#a HTTP/1.1\r\nHost: a" + end, 400),
      Case("a path without a slash", "GET a HTTP/1.1\r\nHost: a" + end, 400),
      Case("an absolute form without a host", "GET http:///a HTTP/1.1\r\nHost: a" + end, 400),
      Case("a body beyond the limit", post + "Content-Length: 65537" + end, 413),
      Case("15.5.22: a field of 20 KiB", host + "X: " + long.prefix(20_480) + end, 431),
      Case("15.5.22: a cookie of 32 KiB", host + "Cookie: a=" + long.prefix(32_768) + end, 431),
      Case("15.5.22: 900 cookies, 24 KB", host + cookies(900) + end, 431),
      Case("15.5.22: 8000 cookies, 32 KB", host + "Cookie: " + tiny(8000) + end, 431),
      Case("15.5.22: 600 fields", host + fields(600, of: 20) + end, 431),
      Case(
        "15.5.22: a target of 32 KiB", "GET /" + long.prefix(32_768) + " HTTP/1.1\r\nHost: a" + end,
        431),
      Case("a header beyond the memory", host + "X: " + long + end, 431),
      Case("6.3: a length that isn't a number", post + "Content-Length: x" + end, 400),
      Case("6.3: a negative length", post + "Content-Length: -1" + end, 400),
      Case("6.3: a length with a sign", post + "Content-Length: +5" + end, 400),
      Case("6.3: a length in hexadecimal", post + "Content-Length: 0x5" + end, 400),
      Case("6.3: two lengths in a list", post + "Content-Length: 5, 5" + end, 400),
      Case("6.3: two numbers", post + "Content-Length: 5 5" + end, 400),
      Case("6.3: an empty length", post + "Content-Length:" + end, 400),
      Case("6.3: a blank length", post + "Content-Length: \t" + end, 400),
      Case("a length beyond 64 bits", post + "Content-Length: 99999999999999999999" + end, 413),
      Case("7.1: a false chunk", post + chunked + end + "x\r\n", 400),
    ])
  func refuses(_ refused: Case) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(refused.request)
      let response = try client.response()
      #expect(response.status == refused.status)
      #expect(response.field("Content-Type") == "application/problem+json")
      #expect(response.text.contains("\"status\":\(refused.status)"))
      #expect(response.field("X-Frame-Options") == "DENY")
      #expect(response.field("Connection") == "close")
      #expect(client.isClosed(), "one response, and not another behind it")
    }
  }

  private static func cookies(_ count: Int) -> String {
    "Cookie: " + (0..<count).map { "cookie\($0)=0123456789abcdef" }.joined(separator: "; ")
  }

  private static func tiny(_ count: Int) -> String { String(repeating: "a=b;", count: count) }

  private static func fields(_ count: Int, of bytes: Int) -> String {
    (0..<count).map { "X-\($0): " + String(repeating: "v", count: bytes) }
      .joined(separator: "\r\n")
  }

  @Test("a refusal of microhttpd's is answered to whom it is about, whoever else is in mid-request")
  func attributes() async throws {
    try await TestServer.run { server in
      let half = try server.client()
      half.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Half: ")
      let chunks = try server.client()
      chunks.send(Self.post + Self.chunked + Self.end + "5\r\nhe")
      let lengths = try server.client()
      lengths.send(Self.post + "Content-Length: x" + Self.end)
      #expect(try lengths.response().field("Content-Type") == "application/problem+json")
      let large = try server.client()
      large.send(Self.host + "X: " + Self.long + Self.end)
      #expect(try large.readHead().status == 431)
      let noise = try server.client()
      noise.send("GET / HTTP/2.0\r\n\r\n")
      #expect(try noise.readHead().status == 505)

      half.send("x\r\n\r\n")
      #expect(try half.response().text == "hello")
      chunks.send("llo\r\n0\r\n\r\n")
      #expect(try chunks.response().text == "hello")
    }
  }

  @Test("a body that is refused unread does not take the refusal with it")
  func largeBody() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Self.post + "Content-Length: 200000" + Self.end)
      client.send(String(repeating: "x", count: 200_000))
      let response = try client.response()
      #expect(response.status == 413)
      #expect(response.text.contains("65536 bytes"))
    }
  }

  @Test(
    "what microhttpd can't parse it refuses itself, and the connection closes",
    arguments: [
      Case("a header line without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense" + end, 400),
      Case("no version", "GET /" + end, 400),
      Case("a version of the future", "GET / HTTP/2.0\r\nHost: a" + end, 505),
      Case("a target beyond the memory", "GET /" + long + " HTTP/1.1\r\nHost: a" + end, 414),
    ])
  func unparsable(_ refused: Case) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(refused.request)
      #expect(try client.readHead().status == refused.status)
      _ = client.readToEnd()
      #expect(client.isClosed())
    }
  }

  @Test("a line that is no request closes the connection")
  func noise() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("nonsense\r\n\r\n")
      #expect(client.isClosed())
    }
  }

  @Test("chunks beyond the limit are refused before they have all been read")
  func chunksTooLarge() async throws {
    try await TestServer.run {
      $0.maximumBodyBytes = 1000
    } _: { server in
      let client = try server.client()
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      client.send("3e9\r\n" + String(repeating: "x", count: 1001))
      let response = try client.response()
      #expect(response.status == 413)
      #expect(response.field("Content-Type") == "application/problem+json")
      #expect(response.field("X-Frame-Options") == "DENY")
      #expect(client.isClosed())
    }
  }

  @Test(
    "a request header of 16 KiB is carried, whatever it consists of, by a kept connection too",
    arguments: [
      "Cookie: a=" + String(repeating: "x", count: 16_000),
      "Cookie: " + tiny(4000),
      cookies(600),
      fields(180, of: 80),
      "X: " + String(repeating: "x", count: 16_300),
    ])
  func largeHeader(_ fields: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for _ in 0..<3 {
        client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n" + fields + Self.end)
        #expect(try client.response().text == "hello")
      }
      client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n" + fields + Self.end)
      #expect(try client.readHead().status == 200)
    }
  }

  @Test("a query of a thousand names costs no memory of the connection, nor a turning loop")
  func manyArguments() async throws {
    try await TestServer.run { server in
      let query = String(repeating: "a&", count: 1000)
      let response = try server.exchange("GET /hello?\(query) HTTP/1.1\r\nHost: a" + Self.end)
      #expect(response.text == "hello")
    }
  }

  private struct Terse: HTTPHandler {
    func respond(to request: HTTPRequest) -> HTTPReply { .response(HTTPResponse(status: 200)) }
    func fill(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill { .end }
    func streamClosed(_ stream: StreamID) {}
    func response(to refusal: HTTPRefusal) -> HTTPResponse {
      HTTPResponse(status: refusal.status, body: Array("no: \(refusal.title)".utf8))
    }
  }

  @Test("the handler gives refusals their format")
  func format() async throws {
    let loop = try EventLoop(name: "http")
    let server = HTTPServer(
      loop: loop, configuration: HTTPServerConfiguration(host: "127.0.0.1", port: 0),
      handler: Terse())
    let client = try TestClient(port: try await server.start().endpoints[0].port)
    client.send("GET / HTTP/1.1" + Self.end)
    #expect(try client.response().text == "no: Bad Request")
    await server.stop(within: .seconds(1))
    await loop.shutDown()
  }

  @Test("RFC 9457: a problem is JSON, whatever its words")
  func problem() {
    let refusal = HTTPRefusal(status: 418, title: "I\"m", detail: "a\\b\n\u{1}é")
    let body = String(decoding: refusal.problem.body, as: UTF8.self)
    #expect(
      body == """
        {"type":"about:blank","title":"I\\"m","status":418,\
        "detail":"a\\\\b\\u000a\\u0001é"}

        """)
    #expect(refusal.problem.headers["content-TYPE"] == "application/problem+json")
  }
}
