import Testing

import WebSocketProtocol

@Suite("RFC 6455, section 4.1: a response other than 101")
struct RefusalTests {
  private func refusal(_ progress: ClientHandshake.Progress) throws -> HandshakeRefusal {
    guard case .refused(let refusal) = progress else {
      throw HandshakeError.invalidRequest("not a refusal: \(progress)")
    }
    return refusal
  }

  @Test(
    "The status, the words and the fields are handed out with the last byte of the head",
    arguments: [200, 301, 400, 403, 404, 405, 426, 429, 500, 503])
  func refused(statusCode: Int) throws {
    let head =
      "HTTP/1.1 \(statusCode) Some Words\r\nContent-Type: application/json\r\n"
      + "Retry-After: 60\r\n\r\n"
    for piece in [1, 7, head.utf8.count] {
      var handshake = try StandardExample.client()
      var progress = ClientHandshake.Progress.needsMore
      var rest = bytes(head)[...]
      while !rest.isEmpty {
        #expect(progress == .needsMore)
        progress = try handshake.receive(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      let refusal = try refusal(progress)
      #expect(refusal.statusCode == statusCode)
      #expect(refusal.reasonPhrase == "Some Words")
      #expect(refusal.headers["retry-after"] == "60")
    }
  }

  @Test(
    "No body is waited for, however it is framed (RFC 9112, section 6.3)",
    arguments: [
      // It ends with the connection, as Starlette's and many proxies' do.
      "\r\n", "\r\n<html>",
      "Content-Length: 10\r\n\r\n", "Content-Length: 10\r\n\r\nabc", "Content-Length: x\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nzz",
      "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n3\r\nab",
    ])
  func body(rest: String) throws {
    var handshake = try StandardExample.client()
    let progress = try handshake.receive(bytes("HTTP/1.1 403 Forbidden\r\n" + rest))
    #expect(try refusal(progress).statusCode == 403)
  }

  @Test("A refusal may come in HTTP/1.0, and without words")
  func bareRefusal() throws {
    var old = try StandardExample.client()
    let first = try refusal(old.receive(bytes("HTTP/1.0 403 \r\nContent-Length: 0\r\n\r\n")))
    #expect(first.statusCode == 403)
    #expect(first.reasonPhrase == "")
    var noContent = try StandardExample.client()
    #expect(try refusal(noContent.receive(bytes("HTTP/1.1 204\r\n\r\n"))).statusCode == 204)
  }

  @Test("A refusal may follow an interim response (RFC 9110, section 15.2)")
  func interim() throws {
    var handshake = try StandardExample.client()
    let response = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 429 Too Many Requests\r\n\r\n"
    #expect(try refusal(handshake.receive(bytes(response))).statusCode == 429)
  }
}
