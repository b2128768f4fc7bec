import HTTPClientProtocol
import Testing

/// RFC 9112 §6 and §7, for a body that is handed out as it arrives.
@Suite struct HTTPResponseStreamTests {
  private static let limits = HTTPResponseLimits(maximumBodyBytes: 8)

  private func read(_ text: String, pieces size: Int) throws -> (status: Int?, [UInt8], Bool) {
    var stream = HTTPResponseStream(limits: Self.limits)
    var read: (status: Int?, body: [UInt8], hasEnded: Bool) = (nil, [], false)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      for item in try stream.receive(Array(bytes[start..<min(start + size, bytes.count)])) {
        switch item {
        case .head(let status, _): read.status = status
        case .content(let content): read.body += content
        case .end: read.hasEnded = true
        }
      }
    }
    return read
  }

  @Test(arguments: [1, 2, 7])
  func `chunks are handed out however they are cut`(size: Int) throws {
    let text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    let (status, body, hasEnded) = try read(text, pieces: size)
    #expect(status == 200)
    // Longer than the limit, which is one chunk's and not the whole body's.
    #expect(body == Array("hello world".utf8))
    #expect(hasEnded)
  }

  @Test func `a chunk without its end is handed out at once`() throws {
    let (_, body, hasEnded) = try read(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", pieces: 1000)
    #expect(body == Array("hel".utf8))
    #expect(!hasEnded)
  }

  @Test(arguments: [
    "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno",
  ])
  func `a body of known length ends with it`(text: String) throws {
    #expect(try read(text, pieces: 3).2)
  }

  @Test func `a chunk over the limit is refused`() {
    #expect(throws: HTTPParseError.overLimit(.bodyBytes, maximum: 8)) {
      try read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", pieces: 1000)
    }
  }

  @Test func `a chunked body that is cut off is truncated`() throws {
    var stream = HTTPResponseStream(limits: Self.limits)
    _ = try stream.receive(
      Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
    #expect(throws: HTTPParseError.truncated) { try stream.receiveEOF() }
  }
}
