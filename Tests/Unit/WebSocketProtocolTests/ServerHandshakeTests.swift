import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 4.2: the server's opening handshake")
struct ServerHandshakeTests {
  private func request(_ text: String) throws -> HandshakeRequest {
    var handshake = ServerHandshake()
    return try #require(try handshake.receive(bytes(text)))
  }

  @Test("The request is read wherever it is cut, and answered as in the standard (1.3)")
  func acceptance() throws {
    let wire = bytes(StandardExample.request) + [0x81]
    for cut in 0..<wire.count - 1 {
      var handshake = ServerHandshake()
      #expect(try handshake.receive(Array(wire[..<cut])) == nil)
      let request = try #require(try handshake.receive(Array(wire[cut...])))
      #expect(request.method == "GET")
      #expect(request.target == "/chat")
      #expect(request.headers["host"] == "server.example.com")
      #expect(request.leftover == [0x81])
      let response = try request.accepting(sha1: StandardExample.sha1)
      #expect(response == bytes(StandardExample.response))
    }
  }

  @Test("Both ends agree", arguments: 1...20 as ClosedRange<UInt64>)
  func bothEnds(seed: UInt64) throws {
    // Both ends use the same stand-in; that it is no SHA-1 does not matter here.
    let digest = { (input: [UInt8]) in Array(input.reversed().prefix(20)) }
    var generator = SeededGenerator(seed: seed)
    var client = try ClientHandshake(
      host: "localhost:5000", target: "/api/v1/ws/key?x=1", using: &generator, sha1: digest)
    var server = ServerHandshake()
    let request = try #require(try server.receive(client.request))
    #expect(request.asksForWebSocket)
    #expect(request.target == "/api/v1/ws/key?x=1")
    #expect(try client.receive(request.accepting(sha1: digest)) == .upgraded(leftover: []))
  }

  @Test(
    "What section 4.2.1 objects to is refused, with the fitting status (4.2.2)",
    arguments: [
      ("GET /chat", "POST /chat", .methodNotAllowed("POST"), 405),
      ("Host: server.example.com\r\n", "", .missingHost, 400),
      ("Host:", "Host: a\r\nHost:", .missingHost, 400),
      ("Upgrade: websocket\r\n", "", .notAnUpgrade, 426),
      ("Connection: Upgrade", "Connection: close", .notAnUpgrade, 426),
      ("Version: 13", "Version: 8", .unsupportedVersion, 426),
      ("Sec-WebSocket-Version: 13\r\n", "", .unsupportedVersion, 426),
      ("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: AAAA", .invalidKey, 400),
      ("b25jZQ", "b25*ZQ", .invalidKey, 400),
      ("Sec-WebSocket-Key", "X", .invalidKey, 400),
    ] as [(String, String, HandshakeError, Int)])
  func refusal(part: String, replacement: String, error: HandshakeError, status: Int) throws {
    let request = try request(StandardExample.request.replacing(part, with: replacement))
    #expect(throws: error) { try request.accepting(sha1: StandardExample.sha1) }
    let response = String(decoding: HandshakeResponse.refusing(error), as: UTF8.self)
    #expect(response.hasPrefix("HTTP/1.1 \(status) "))
    #expect(response.hasSuffix("\r\n\r\n"))
    #expect(response.contains("Sec-WebSocket-Version: 13") == (error == .unsupportedVersion))
  }

  @Test("A client understands each refusal")
  func refusalIsUnderstood() throws {
    var handshake = try StandardExample.client()
    let response = HandshakeResponse.closing(
      statusCode: 403, reasonPhrase: "Forbidden", headers: ["Content-Type": "application/json"],
      body: bytes("{}"))
    let expected = HandshakeRefusal(
      statusCode: 403, reasonPhrase: "Forbidden",
      headers: [
        "Content-Length": "2", "Connection": "close", "Content-Type": "application/json",
      ])
    #expect(try handshake.receive(response) == .refused(expected))
  }

  @Test("Other requests are handed out too, with what follows them")
  func otherRequests() throws {
    let request = try request("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
    #expect(!request.asksForWebSocket)
    #expect(request.method == "POST")
    #expect(request.headers["Content-Length"] == "2")
    #expect(request.leftover == bytes("{}"))
  }

  @Test(
    "What is no HTTP/1.1 request is refused",
    arguments: [
      "GET /\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
      "G@T / HTTP/1.1\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
    ])
  func malformedRequest(text: String) {
    var handshake = ServerHandshake()
    #expect(throws: HandshakeError.malformedStartLine) { try handshake.receive(bytes(text)) }
  }

  @Test("An endless head is refused at the limit")
  func headLimit() throws {
    var handshake = ServerHandshake(limits: HandshakeLimits(maximumHeadBytes: 100))
    #expect(throws: HandshakeError.headTooLarge(limitBytes: 100)) {
      for _ in 0..<101 { _ = try handshake.receive([0x61]) }
    }
    let answer = HandshakeResponse.refusing(.headTooLarge(limitBytes: 100))
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 431 "))
  }

  @Test(
    "Base64 is the standard's (RFC 4648, section 10)",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, encoded: String) {
    #expect(Base64.encode(bytes(plain)) == encoded)
    #expect(Base64.decodedByteCount(encoded) == plain.utf8.count)
  }

  @Test(
    "What is no canonical Base64 has no length",
    arguments: ["Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm 8", "Z=g=", "Zm-_"])
  func notBase64(text: String) {
    #expect(Base64.decodedByteCount(text) == nil)
  }
}
