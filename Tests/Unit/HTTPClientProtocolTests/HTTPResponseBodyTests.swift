import HTTPClientProtocol
import Testing

@Suite("RFC 9112 §6: length of the body")
struct BodyLengthTests {
  @Test("Content-Length says how much", arguments: [0, 1, 5, 100])
  func readsLength(_ count: Int) throws {
    let body = String(repeating: "x", count: count)
    let response = try parse("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n\(body)")
    #expect(response?.body == Array(body.utf8))
  }

  @Test("The same length several times is one length")
  func acceptsRepeatedLength() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\ncontent-length: 02\r\n\r\n"
    #expect(try parse("\(head)ok")?.body == Array("ok".utf8))
  }

  @Test("Different lengths are refused", arguments: ["2, 3\r\n", "2\r\nContent-Length: 3\r\n"])
  func refusesDifferentLengths(_ value: String) {
    #expect(throws: HTTPParseError.ambiguousLength) {
      try parse("HTTP/1.1 200 OK\r\nContent-Length: \(value)\r\nok")
    }
  }

  @Test(
    "What is not a length is refused",
    arguments: [
      "", "-1", "+1", "0x2", "2 2", "1.0", ",", "2,", "9223372036854775808",
      "99999999999999999999999", "٢",
    ])
  func refusesMalformedLength(_ value: String) {
    #expect(throws: HTTPParseError.malformed(.contentLength)) {
      try parse("HTTP/1.1 200 OK\r\nContent-Length: \(value)\r\n\r\nok")
    }
  }

  @Test(
    "A length beside a transfer coding is refused, in either order",
    arguments: [
      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    ])
  func refusesLengthAndCoding(_ fields: String) {
    #expect(throws: HTTPParseError.ambiguousLength) {
      try parse("HTTP/1.1 200 OK\r\n\(fields)\r\n0\r\n\r\n")
    }
    #expect(throws: HTTPParseError.ambiguousLength) {
      try parse("HTTP/1.1 200 OK\r\n\(fields)\r\n", answering: .head)
    }
  }

  @Test("A transfer coding in HTTP/1.0 is refused")
  func refusesCodingInHTTP10() {
    #expect(throws: HTTPParseError.ambiguousLength) {
      try parse("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    }
  }

  @Test(
    "Only chunked alone is a transfer coding",
    arguments: ["gzip", "gzip, chunked", "chunked, chunked", "identity", "", "xchunked"])
  func refusesCodings(_ value: String) {
    #expect(throws: HTTPParseError.unsupportedTransferCoding) {
      try parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: \(value)\r\n\r\n0\r\n\r\n")
    }
  }

  @Test(
    "204, 304 and the answer to HEAD have no body, whatever they say",
    arguments: [(HTTPMethod.get, 204), (.get, 304), (.head, 200), (.head, 404)],
    ["Content-Length: 9000000000\r\n", "Transfer-Encoding: chunked\r\n", ""])
  func knowsNoBody(_ exchange: (HTTPMethod, Int), _ field: String) throws {
    let response = try #require(
      try parse("HTTP/1.1 \(exchange.1) X\r\n\(field)\r\n", answering: exchange.0))
    #expect(response.body.isEmpty)
    #expect(response.isReusable)
  }

  @Test(
    "Without a length the body lasts until the end of the connection", arguments: ["1.0", "1.1"])
  func readsUntilEOF(_ version: String) throws {
    let text = "HTTP/\(version) 200 OK\r\n\r\nall of it"
    #expect(try parse(text) == nil)
    let response = try #require(try parse(text, thenEOF: true))
    #expect(response.body == Array("all of it".utf8))
    #expect(!response.isReusable)
  }
}

@Suite("RFC 9112 §7.1: chunked")
struct ChunkedTests {
  private func decode(
    _ chunks: String, limits: HTTPResponseLimits = .roomy
  ) throws(HTTPParseError) -> HTTPResponse? {
    try parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\(chunks)", limits: limits)
  }

  @Test(
    "Chunks make a body",
    arguments: [
      ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
      ("5\r\nhello\r\n1\r\n,\r\n0006\r\n world\r\n000\r\n\r\n", "hello, world"),
      ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
    ])
  func decodesChunks(_ chunks: String, _ expected: String) throws {
    let response = try #require(try decode(chunks))
    #expect(response.body == Array(expected.utf8))
    #expect(response.isReusable)
  }

  @Test(
    "Extensions are read over (§7.1.1)",
    arguments: ["2;a\r\nok", "2;a=b;c=\"d\"\r\nok", "2 ;a\r\nok", "2\t; a = b\r\nok"])
  func ignoresExtensions(_ chunk: String) throws {
    #expect(try decode("\(chunk)\r\n0;last\r\n\r\n")?.body == Array("ok".utf8))
  }

  @Test("Trailers stand apart from the headers (§7.1.2)")
  func keepsTrailersApart() throws {
    let response = try #require(
      try decode("2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"))
    #expect(response.trailers["x-sum"] == "1")
    #expect(response.headers["content-length"] == nil)
  }

  @Test(
    "What is not a size is refused",
    arguments: [
      "\r\n", "g\r\n", "-1\r\nx\r\n", "+1\r\nx\r\n", "0x1\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n",
      "1 x\r\nx\r\n", "8000000000000000\r\n", "ffffffffffffffff\r\n", "10000000000000000\r\n",
      "00000000000000001\r\nx\r\n", "1;\0\r\nx\r\n",
    ])
  func refusesMalformedSize(_ chunks: String) {
    #expect(throws: HTTPParseError.malformed(.chunkSize)) { try decode(chunks) }
  }

  @Test("A chunk ends where it said", arguments: ["1\r\nxy\r\n", "3\r\nxyz0\r\n\r\n"])
  func refusesWrongEnd(_ chunks: String) {
    #expect(throws: HTTPParseError.malformed(.chunkEnd)) { try decode(chunks) }
  }

  @Test("A chunk shorter than it said does not end", arguments: ["3\r\nx\r\n", "1\r\nx"])
  func waitsForTheChunk(_ chunks: String) throws {
    #expect(try decode(chunks) == nil)
  }

  @Test(
    "A malformed trailer is refused", arguments: ["A\r\n\r\n", " A: b\r\n\r\n", "A : b\r\n\r\n"])
  func refusesMalformedTrailer(_ trailer: String) {
    #expect(throws: HTTPParseError.malformed(.trailerLine)) { try decode("0\r\n\(trailer)") }
  }
}
