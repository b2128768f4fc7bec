import HTTPClientProtocol
import Testing

@Suite("RFC 9112 §9: the connection")
struct HTTPConnectionTests {
  @Test(
    "It is kept when the server means to keep it (§9.3)",
    arguments: [
      ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
      ("1.1", "Connection: x, CLOSE\r\n", false), ("1.1", "Connection: keep-alive\r\n", true),
      ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
      ("1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
    ])
  func decidesReuse(_ version: String, _ fields: String, _ expected: Bool) throws {
    let response = try parse("HTTP/\(version) 200 OK\r\nContent-Length: 2\r\n\(fields)\r\nok")
    #expect(response?.isReusable == expected)
  }

  @Test("An end before the first byte is told from one in the middle (§9.3.1)")
  func tellsStaleConnections() {
    #expect(throws: HTTPParseError.closedBeforeResponse) { try parse("", thenEOF: true) }
  }

  @Test(
    "An end inside the response is an error (§8)",
    arguments: [
      "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ])
  func refusesTruncation(_ text: String) {
    #expect(throws: HTTPParseError.truncated) { try parse(text, thenEOF: true) }
  }

  @Test("An end after the response is the server's good right")
  func acceptsEOFAfterwards() throws {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    #expect(try parse(text, thenEOF: true)?.status == 200)
  }

  static let whole = [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 X\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ]

  @Test("A byte behind the response is an error, in its piece and in the next", arguments: whole)
  func refusesLeftovers(_ text: String) {
    #expect(throws: HTTPParseError.bytesAfterResponse) { try parse("\(text)H") }
    #expect(throws: HTTPParseError.bytesAfterResponse) {
      try parse([Array(text.utf8), Array("HTTP/1.1 200 OK\r\n".utf8)])
    }
  }

  @Test("Interim responses are skipped (RFC 9110 §15.2)")
  func skipsInterim() throws {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    let response = try #require(
      try parse("\(interim)HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    #expect(response.status == 200)
    #expect(response.headers["link"] == nil)
  }

  @Test("An upgrade that nobody asked for is refused")
  func refusesUpgrade() {
    #expect(throws: HTTPParseError.unexpectedUpgrade) {
      try parse("HTTP/1.1 101 Switching Protocols\r\n\r\n")
    }
  }

  @Test("After an error the parser repeats it")
  func repeatsItsError() {
    var parser = HTTPResponseParser(answering: .get, limits: .roomy)
    for _ in 1...2 {
      #expect(throws: HTTPParseError.unsupportedVersion) {
        try parser.receive(Array("HTTP/2.0 200 OK\r\n".utf8))
      }
    }
    #expect(throws: HTTPParseError.unsupportedVersion) { try parser.receiveEOF() }
  }
}
