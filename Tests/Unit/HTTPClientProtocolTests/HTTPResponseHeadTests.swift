import HTTPClientProtocol
import Testing

@Suite("RFC 9112 §4: status line")
struct StatusLineTests {
  @Test("Code and reason are read")
  func readsStatus() throws {
    let response = try #require(
      try parse("HTTP/1.1 404 Not Found here\r\nContent-Length: 0\r\n\r\n"))
    #expect(response.status == 404)
    #expect(response.reason == "Not Found here")
  }

  @Test(
    "An empty reason is a reason, with its space or without",
    arguments: ["HTTP/1.1 200 ", "HTTP/1.1 200"])
  func acceptsNoReason(_ line: String) throws {
    let response = try #require(try parse("\(line)\r\nContent-Length: 0\r\n\r\n"))
    #expect(response.status == 200)
    #expect(response.reason.isEmpty)
  }

  @Test(
    "Anything else is refused",
    arguments: [
      "", " ", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1  200", "HTTP/1.1 20", "HTTP/1.1 2000",
      "HTTP/1.1 099 X", "HTTP/1.1 600 X", "HTTP/1.1 +20 X", "HTTP/1.1 2x0 X", "HTTP/1.1 -20",
      "http/1.1 200 OK", "SSH-2.0-OpenSSH", " HTTP/1.1 200 OK", "HTTP/1.1 200 O\0K",
    ])
  func refusesMalformed(_ line: String) {
    #expect(throws: HTTPParseError.malformed(.statusLine)) {
      try parse("\(line)\r\nContent-Length: 0\r\n\r\n")
    }
  }

  @Test(
    "Only HTTP/1.0 and 1.1 are spoken",
    arguments: ["0.9", "1.2", "2.0", "2", "1.10", "", "1.1\t200"])
  func refusesVersion(_ version: String) {
    #expect(throws: HTTPParseError.unsupportedVersion) {
      try parse("HTTP/\(version) 200 OK\r\n\r\n")
    }
  }
}

@Suite("RFC 9112 §2.2: line ends")
struct LineEndTests {
  @Test(
    "A lone CR or LF is refused wherever it stands",
    arguments: [
      "HTTP/1.1 200 OK\n\r\n", "HTTP/1.1 200\r OK\r\n\r\n", "HTTP/1.1 200 OK\r\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n\n", "\nHTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\rb\r\nx\r\n0\r\n\r\n",
    ])
  func refusesLoneLineEnds(_ text: String) {
    #expect(throws: HTTPParseError.malformed(.lineEnd)) { try parse(text) }
  }
}

@Suite("RFC 9112 §5: fields")
struct FieldTests {
  private func headers(_ lines: String) throws(HTTPParseError) -> HTTPHeaders? {
    try parse("HTTP/1.1 204 No Content\r\n\(lines)\r\n")?.headers
  }

  @Test("Fields keep their order and their spelling, and are found in any case")
  func findsFields() throws {
    let headers = try #require(try headers("X-One: 1\r\nb:2\r\nx-one: \t3 \t\r\nEmpty:\r\n"))
    #expect(headers.fields.map(\.name) == ["X-One", "b", "x-one", "Empty"])
    #expect(headers["x-ONE"] == "1")
    #expect(headers.values(of: "X-one") == ["1", "3"])
    #expect(headers["empty"]?.isEmpty == true)
    #expect(headers["absent"] == nil)
  }

  @Test("A list is read over all its fields")
  func readsTokens() throws {
    let headers = try #require(try headers("A: Close , x\r\nB: y\r\na: ,, Z\r\n"))
    #expect(headers.tokens(of: "A") == ["close", "x", "z"])
  }

  @Test("Bytes beyond ASCII in a value are kept as UTF-8")
  func keepsUTF8() throws {
    #expect(try headers("A: grüße ⚡\r\n")?["a"] == "grüße ⚡")
  }

  @Test(
    "A malformed field is refused",
    arguments: [
      "A\r\n", ": b\r\n", "A : b\r\n", "A\t: b\r\n", " A: b\r\n", "A B: c\r\n", "A: b\0\r\n",
      "A: \u{1B}[0m\r\n", "Ä: b\r\n", "A: b\r\n folded\r\n", "A: b\r\n\tfolded: x\r\n",
    ])
  func refusesMalformed(_ lines: String) {
    #expect(throws: HTTPParseError.malformed(.headerLine)) { try headers(lines) }
  }

  @Test(
    "Retry-After is read as seconds, never guessed",
    arguments: [
      ("60", .seconds(60)), ("0", .seconds(0)), ("-1", nil), ("1.5", nil), ("+5", nil),
      ("Fri, 21 Nov 2026 01:00:00 GMT", nil), ("99999999999999999999", nil), ("", nil),
    ] as [(String, Duration?)])
  func readsRetryAfter(_ value: String, _ expected: Duration?) throws {
    let response = try #require(
      try parse("HTTP/1.1 429 Slow\r\nRetry-After: \(value)\r\nContent-Length: 0\r\n\r\n"))
    #expect(response.retryAfter == expected)
  }

  @Test(
    "The media type comes without its parameters",
    arguments: [
      ("application/json", "application/json"), ("Text/HTML; charset=utf-8", "text/html"),
      (" application/problem+json ;x=y", "application/problem+json"), ("", ""),
    ])
  func readsMediaType(_ value: String, _ expected: String) throws {
    let response = try #require(
      try parse("HTTP/1.1 200 OK\r\nContent-Type: \(value)\r\nContent-Length: 0\r\n\r\n"))
    #expect(response.mediaType == expected)
  }
}
