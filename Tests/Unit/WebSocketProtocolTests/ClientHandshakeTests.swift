import TestSupport
import Testing

import WebSocketProtocol

@Suite("RFC 6455, section 4.1: the client's opening handshake")
struct ClientHandshakeTests {
  @Test("The request is the standard's own (1.3)")
  func request() throws {
    let handshake = try StandardExample.client()
    #expect(handshake.request == bytes(StandardExample.request))
  }

  @Test("Further header fields follow the handshake's own")
  func extraHeaders() throws {
    let handshake = try StandardExample.client(extraHeaders: ["User-Agent": "walletwire"])
    // The last character is one line break: Swift counts CR and LF as one.
    let expected = StandardExample.request.dropLast() + "User-Agent: walletwire\r\n\r\n"
    #expect(handshake.request == bytes(String(expected)))
  }

  @Test(
    "What cannot stand in a request is refused before anything is sent",
    arguments: [
      ("", "/", [:]), ("a b", "/", [:]), ("a\r\nX: y", "/", [:]), ("a", "", [:]), ("a", "x", [:]),
      ("a", "/x y", [:]), ("a", "/\r\n", [:]), ("a", "/#f", [:]), ("a", "/é", [:]),
      ("a", "/", ["host": "b"]), ("a", "/", ["Connection": "close"]),
      ("a", "/", ["Sec-WebSocket-Protocol": "chat"]), ("a", "/", ["X Y": "z"]),
      ("a", "/", ["X": "y\r\nZ: z"]), ("a", "/", ["": "z"]),
    ] as [(String, String, HandshakeHeaders)])
  func invalidRequest(host: String, target: String, headers: HandshakeHeaders) {
    var generator = SeededGenerator(seed: 1)
    #expect {
      _ = try ClientHandshake(
        host: host, target: target, extraHeaders: headers, using: &generator,
        sha1: StandardExample.sha1)
    } throws: { error in
      guard case .invalidRequest = error as? HandshakeError else { return false }
      return true
    }
  }

  @Test("The response opens the connection wherever it is cut, and the rest is handed on")
  func upgrade() throws {
    let response = bytes(StandardExample.response) + [0x81, 0x00]
    let head = response.count - 2
    for cut in 0...response.count {
      var handshake = try StandardExample.client()
      let first = try handshake.receive(Array(response[..<cut]))
      guard cut < head else {
        #expect(first == .upgraded(leftover: Array(response[head..<cut])))
        continue
      }
      #expect(first == .needsMore)
      let second = try handshake.receive(Array(response[cut...]))
      #expect(second == .upgraded(leftover: [0x81, 0x00]))
    }
  }

  @Test("Case, order, spaces and further tokens do not matter")
  func lenientResponse() throws {
    var handshake = try StandardExample.client()
    let response =
      "HTTP/1.1 101\r\nsec-websocket-accept:\t \(StandardExample.accept) \r\n"
      + "CONNECTION: keep-alive , UPGRADE\r\nDate: today: now\r\nX-Empty:\r\n"
      + "upgrade:WebSocket\r\n\r\n"
    #expect(try handshake.receive(bytes(response)) == .upgraded(leftover: []))
  }

  @Test(
    "A 101 that does not keep section 4.1 is refused",
    arguments: [
      ("Upgrade: websocket\r\n", "", .notUpgradedToWebSocket),
      ("websocket", "h2c", .notUpgradedToWebSocket),
      ("Connection: Upgrade\r\n", "", .connectionNotUpgraded),
      ("Connection: Upgrade", "Connection: keep-alive", .connectionNotUpgraded),
      ("Sec-WebSocket-Accept", "X", .wrongAcceptKey),
      ("s3pPLMBi", "S3pPLMBi", .wrongAcceptKey),
      ("\r\n\r\n", "\r\nSec-WebSocket-Accept: x\r\n\r\n", .wrongAcceptKey),
      (
        "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        .unrequestedExtension("permessage-deflate")
      ),
      ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n", .unrequestedSubprotocol("chat")),
    ] as [(String, String, HandshakeError)])
  func badUpgrade(part: String, replacement: String, error: HandshakeError) throws {
    var handshake = try StandardExample.client()
    let response = StandardExample.response.replacing(part, with: replacement)
    #expect(throws: error) { try handshake.receive(bytes(response)) }
  }

  @Test(
    "What is not HTTP/1.1 is refused",
    arguments: [
      ("garbage\r\n\r\n", .malformedStartLine), ("\r\n\r\n", .malformedStartLine),
      ("HTTP/1.0 101 Switching Protocols\r\n\r\n", .malformedStartLine),
      ("HTTP/2 200 OK\r\n\r\n", .malformedStartLine),
      ("HTTP/1.1 99 x\r\n\r\n", .malformedStartLine),
      ("HTTP/1.1 +20 x\r\n\r\n", .malformedStartLine),
      ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\r\n: x\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\r\nA : x\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\r\nA: x\u{0}y\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\r\nA: x\ry\r\n\r\n", .malformedHeaderField),
      ("HTTP/1.1 200 OK\nA: x\r\n\r\n", .malformedHeaderField),
    ] as [(String, HandshakeError)])
  func malformedResponse(response: String, error: HandshakeError) throws {
    var handshake = try StandardExample.client()
    #expect(throws: error) { try handshake.receive(bytes(response)) }
  }

  @Test("Interim responses are passed over (RFC 9110, 15.2)")
  func interimResponses() throws {
    var handshake = try StandardExample.client()
    #expect(
      try handshake.receive(bytes("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")) == .needsMore)
    let rest = "HTTP/1.1 100 Continue\r\n\r\n" + StandardExample.response
    #expect(try handshake.receive(bytes(rest)) == .upgraded(leftover: []))
  }

  @Test("The head is limited in bytes, exactly, and in fields")
  func headLimits() throws {
    let size = StandardExample.response.utf8.count
    var fits = try StandardExample.client(limits: HandshakeLimits(maximumHeadBytes: size))
    let response = bytes(StandardExample.response) + [UInt8](repeating: 0x61, count: 100)
    #expect(try fits.receive(response) == .upgraded(leftover: Array(response[size...])))

    var tooSmall = try StandardExample.client(limits: HandshakeLimits(maximumHeadBytes: size - 1))
    #expect(throws: HandshakeError.headTooLarge(limitBytes: size - 1)) {
      try tooSmall.receive(response)
    }
    var endless = try StandardExample.client(limits: HandshakeLimits(maximumHeadBytes: 64))
    #expect(throws: HandshakeError.headTooLarge(limitBytes: 64)) {
      for _ in 0..<10 { _ = try endless.receive(bytes("HTTP/1.1 100 Continue\r\n\r\n")) }
    }
    var fields = try StandardExample.client(limits: HandshakeLimits(maximumHeaderFields: 2))
    #expect(throws: HandshakeError.tooManyHeaderFields(limit: 2)) {
      try fields.receive(bytes(StandardExample.response))
    }
  }
}
