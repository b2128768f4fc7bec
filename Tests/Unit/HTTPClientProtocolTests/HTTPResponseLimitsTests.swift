import HTTPClientProtocol
import Testing

/// Each limit is tested at its edge: what just fits is read, one more is refused.
@Suite("Limits of a response")
struct HTTPResponseLimitsTests {
  private func limits(_ change: (inout HTTPResponseLimits) -> Void) -> HTTPResponseLimits {
    var limits = HTTPResponseLimits(maximumBodyBytes: 10)
    change(&limits)
    return limits
  }

  private func check(
    _ limit: HTTPParseError.Limit, maximum: Int, _ limits: HTTPResponseLimits,
    fits: String, tooMuch: String
  ) throws {
    #expect(try parse(fits, limits: limits, thenEOF: true) != nil)
    #expect(throws: HTTPParseError.overLimit(limit, maximum: maximum)) {
      try parse(tooMuch, limits: limits, thenEOF: true)
    }
  }

  @Test("Status line, its end not needed to refuse it")
  func limitsStatusLine() throws {
    try check(
      .statusLineBytes, maximum: 17, limits { $0.maximumStatusLineBytes = 17 },
      fits: "HTTP/1.1 204 OK\r\n\r\n", tooMuch: "HTTP/1.1 204 OK...")
  }

  @Test("One header line")
  func limitsHeaderLine() throws {
    try check(
      .headerLineBytes, maximum: 8, limits { $0.maximumHeaderLineBytes = 8 },
      fits: "HTTP/1.1 204 X\r\nA: 456\r\nB: 456\r\n\r\n", tooMuch: "HTTP/1.1 204 X\r\nA: 456789")
  }

  @Test("Header fields")
  func limitsHeaderCount() throws {
    try check(
      .headerCount, maximum: 2, limits { $0.maximumHeaderCount = 2 },
      fits: "HTTP/1.1 204 X\r\nA: 1\r\nB: 2\r\n\r\n",
      tooMuch: "HTTP/1.1 204 X\r\nA: 1\r\nB: 2\r\nC: 3\r\n")
  }

  @Test("All header lines together, their last empty one included")
  func limitsHeaderBytes() throws {
    try check(
      .headerBytes, maximum: 14, limits { $0.maximumHeaderBytes = 14 },
      fits: "HTTP/1.1 204 X\r\nA: 1\r\nB: 2\r\n\r\n",
      tooMuch: "HTTP/1.1 204 X\r\nA: 1\r\nB: 2\r\nC: ")
  }

  @Test(
    "Body, however its length is told",
    arguments: [
      (
        "HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 X\r\nContent-Length: 11\r\n\r\n"
      ),
      (
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n2\r\n89\r\n0\r\n\r\n",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n3\r\n"
      ),
      (
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n"
      ),
      ("HTTP/1.1 200 X\r\n\r\n0123456789", "HTTP/1.1 200 X\r\n\r\n0123456789x"),
    ])
  func limitsBody(_ fits: String, _ tooMuch: String) throws {
    try check(.bodyBytes, maximum: 10, limits { _ in }, fits: fits, tooMuch: tooMuch)
  }

  @Test("Chunk extensions, over all chunks")
  func limitsExtensions() throws {
    let head = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
    try check(
      .chunkExtensionBytes, maximum: 4, limits { $0.maximumChunkExtensionBytes = 4 },
      fits: "\(head)1;a\r\nx\r\n0;b\r\n\r\n", tooMuch: "\(head)1;a\r\nx\r\n0;bc\r\n\r\n")
  }

  @Test("A chunk extension without an end")
  func limitsEndlessExtension() {
    let limits = limits { $0.maximumChunkExtensionBytes = 4 }
    let endless = String(repeating: "x", count: 64)
    #expect(throws: HTTPParseError.overLimit(.chunkExtensionBytes, maximum: 4)) {
      try parse(
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1;\(endless)", limits: limits)
    }
  }

  @Test("Trailer fields and their bytes")
  func limitsTrailers() throws {
    let head = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    try check(
      .trailerCount, maximum: 1, limits { $0.maximumTrailerCount = 1 },
      fits: "\(head)A: 1\r\n\r\n", tooMuch: "\(head)A: 1\r\nB: 2\r\n")
    try check(
      .trailerBytes, maximum: 8, limits { $0.maximumTrailerBytes = 8 },
      fits: "\(head)A: 1\r\n\r\n", tooMuch: "\(head)A: 1\r\nB: ")
  }

  @Test("Interim responses")
  func limitsInterim() throws {
    let interim = "HTTP/1.1 102 Processing\r\n\r\n"
    try check(
      .interimResponses, maximum: 2, limits { $0.maximumInterimResponses = 2 },
      fits: "\(interim)\(interim)HTTP/1.1 204 X\r\n\r\n", tooMuch: "\(interim)\(interim)\(interim)")
  }
}
