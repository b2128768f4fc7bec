/// The server's side of the opening handshake (RFC 6455, section 4.2) as a value. Requests that ask
/// for something else than a WebSocket are handed out too, so that a server can answer them.
///
/// Hand in what the client sends until `receive` returns a request or throws. Then write the
/// response, which is `request.accepting(sha1:)` or one of `HandshakeResponse`.
package struct ServerHandshake: Sendable {
  private var headReader: HandshakeHeadReader

  package init(limits: HandshakeLimits = HandshakeLimits()) {
    headReader = HandshakeHeadReader(limits: limits)
  }

  /// Takes bytes from the client, cut anywhere. Returns the request once its head is whole, nil
  /// before. Throws when it is no valid HTTP/1.1 or too large.
  package mutating func receive(_ bytes: [UInt8]) throws(HandshakeError) -> HandshakeRequest? {
    guard let head = try headReader.receive(bytes) else { return nil }
    let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, HandshakeHeadReader.isToken(parts[0].utf8), !parts[1].isEmpty,
      parts[2] == "HTTP/1.1"
    else { throw .malformedStartLine }
    return HandshakeRequest(
      method: String(parts[0]), target: String(parts[1]), headers: head.headers,
      leftover: head.leftover)
  }
}

/// The head of a client's request.
package struct HandshakeRequest: Equatable, Sendable {
  package var method: String
  /// The path and the query, as the client wrote them.
  package var target: String
  package var headers: HandshakeHeaders
  /// What the client sent after the head: the first bytes of the connection, or of a body.
  package var leftover: [UInt8]

  /// Whether a WebSocket is asked for, well or badly.
  package var asksForWebSocket: Bool {
    headers.lists("websocket", in: "Upgrade") && headers.lists("upgrade", in: "Connection")
  }

  /// The bytes of the 101 that opens the connection. Throws what section 4.2.1 objects to;
  /// `HandshakeResponse.refusing(_:)` turns that into an answer.
  package func accepting(sha1: ([UInt8]) -> [UInt8]) throws(HandshakeError) -> [UInt8] {
    guard asksForWebSocket else { throw .notAnUpgrade }
    guard method == "GET" else { throw .methodNotAllowed(method) }
    guard headers.values(of: "Host").count == 1 else { throw .missingHost }
    guard headers.values(of: "Sec-WebSocket-Version") == ["13"] else { throw .unsupportedVersion }
    let keys = headers.values(of: "Sec-WebSocket-Key")
    guard keys.count == 1, Base64.decodedByteCount(keys[0]) == HandshakeKey.nonceBytes else {
      throw .invalidKey
    }
    return HandshakeResponse.bytes(
      statusCode: 101, reasonPhrase: "Switching Protocols",
      headers: [
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": HandshakeKey.accept(for: keys[0], sha1: sha1),
      ])
  }
}
