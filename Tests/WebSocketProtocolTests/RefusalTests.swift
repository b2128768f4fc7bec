import Testing

import WebSocketProtocol

@Suite("RFC 6455, section 4.1: a response other than 101")
struct RefusalTests {
  private let detail = #"{"detail":"Wallet not found."}"#

  private func refusal(
    _ progress: ClientHandshake.Progress
  ) throws -> HandshakeRefusal {
    guard case .refused(let refusal) = progress else {
      throw HandshakeError.invalidRequest("not a refusal: \(progress)")
    }
    return refusal
  }

  @Test(
    "The status, the words, the fields and the body are handed out",
    arguments: [200, 301, 400, 403, 404, 405, 426, 429, 500, 503])
  func refused(statusCode: Int) throws {
    let response =
      "HTTP/1.1 \(statusCode) Some Words\r\nContent-Type: application/json\r\n"
      + "Retry-After: 60\r\nContent-Length: \(detail.utf8.count)\r\n\r\n\(detail)and more"
    for piece in [1, 7, response.utf8.count] {
      var handshake = try StandardExample.client()
      var progress = ClientHandshake.Progress.needsMore
      var rest = bytes(response)[...]
      while progress == .needsMore, !rest.isEmpty {
        progress = try handshake.receive(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      let refusal = try refusal(progress)
      #expect(refusal.statusCode == statusCode)
      #expect(refusal.reasonPhrase == "Some Words")
      #expect(refusal.headers["retry-after"] == "60")
      #expect(refusal.bodyPrefix == bytes(detail))
      #expect(refusal.isBodyComplete)
    }
  }

  @Test("A refusal may come in HTTP/1.0, without words, and without a body")
  func bareRefusal() throws {
    var old = try StandardExample.client()
    let first = try refusal(old.receive(bytes("HTTP/1.0 403 \r\nContent-Length: 0\r\n\r\n")))
    #expect(first.statusCode == 403)
    #expect(first.reasonPhrase == "")
    #expect(first.isBodyComplete)
    var noContent = try StandardExample.client()
    #expect(try refusal(noContent.receive(bytes("HTTP/1.1 204\r\n\r\n"))).isBodyComplete)
  }

  @Test("A chunked body is put together (RFC 9112, 7.1)")
  func chunkedBody() throws {
    let response =
      "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
      + "5;note=x\r\nHello\r\n00B\r\n, wallet \r\n\r\n0\r\n\r\n"
    for cut in 0..<response.utf8.count - 2 {
      var handshake = try StandardExample.client()
      let wire = bytes(response)
      #expect(try handshake.receive(Array(wire[..<cut])) == .needsMore)
      let refusal = try refusal(handshake.receive(Array(wire[cut...])))
      #expect(refusal.bodyPrefix == bytes("Hello, wallet \r\n"))
      #expect(refusal.isBodyComplete)
    }
  }

  @Test(
    "Chunks that make no sense end the body, and what came before stands",
    arguments: [
      "2\r\nabXX", "2\r\nab\r\nzz", "2\r\nab\r\nffffffffffffffffffff\r\n", "2\r\nab\r\n\r\n",
    ])
  func malformedChunks(body: String) throws {
    var handshake = try StandardExample.client()
    let head = "HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n"
    let refusal = try refusal(handshake.receive(bytes(head + body)))
    #expect(refusal.bodyPrefix == bytes("ab"))
    #expect(!refusal.isBodyComplete)
  }

  @Test("A body without a length ends with the connection (RFC 9112, 6.3)")
  func bodyUntilClose() throws {
    var handshake = try StandardExample.client()
    #expect(try handshake.receive(bytes("HTTP/1.1 404 Not Found\r\n\r\n<ht")) == .needsMore)
    #expect(try handshake.receive(bytes("ml>")) == .needsMore)
    let refusal = try handshake.receiveEOF()
    #expect(refusal.statusCode == 404)
    #expect(refusal.bodyPrefix == bytes("<html>"))
    #expect(refusal.isBodyComplete)
  }

  @Test("The end of the connection inside a counted body is told")
  func cutBody() throws {
    var handshake = try StandardExample.client()
    let response = "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nabc"
    #expect(try handshake.receive(bytes(response)) == .needsMore)
    let refusal = try handshake.receiveEOF()
    #expect(refusal.bodyPrefix == bytes("abc"))
    #expect(!refusal.isBodyComplete)
  }

  @Test("The end of the connection inside the head is an error")
  func cutHead() throws {
    var handshake = try StandardExample.client()
    _ = try handshake.receive(bytes("HTTP/1.1 404 Not"))
    #expect(throws: HandshakeError.connectionClosed) { try handshake.receiveEOF() }
  }

  @Test(
    "A body of the limit is whole; one byte more is cut, and not waited for",
    arguments: ["Content-Length: 8\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n8\r\n"])
  func bodyLimit(framing: String) throws {
    let end = framing.contains("chunked") ? "\r\n0\r\n\r\n" : ""
    let response = bytes("HTTP/1.1 500 x\r\n\(framing)12345678\(end)")
    var exact = try StandardExample.client(limits: HandshakeLimits(maximumRefusalBodyBytes: 8))
    let progress = try exact.receive(response)
    let whole = try progress == .needsMore ? exact.receiveEOF() : refusal(progress)
    #expect(whole.bodyPrefix == bytes("12345678"))
    #expect(whole.isBodyComplete)

    var cut = try StandardExample.client(limits: HandshakeLimits(maximumRefusalBodyBytes: 7))
    let prefix = try refusal(cut.receive(response))
    #expect(prefix.bodyPrefix == bytes("1234567"))
    #expect(!prefix.isBodyComplete)
    #expect(try cut.receiveEOF() == prefix)
  }
}
