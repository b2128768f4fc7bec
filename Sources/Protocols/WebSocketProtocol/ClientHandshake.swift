/// The client's side of the opening handshake (RFC 6455, section 4.1) as a value. It offers no
/// extension and no subprotocol.
///
/// Write `request`, then hand in what the server sends until `receive` returns something other than
/// `needsMore` or throws. After that the handshake is spent. A deadline is the caller's, and a
/// connection that ends before is `HandshakeError.connectionClosed`.
package struct ClientHandshake: Sendable {
  package enum Progress: Equatable, Sendable {
    /// Read on.
    case needsMore
    /// The WebSocket is open. The leftover bytes are the first of the connection: hand them to
    /// `WebSocketConnection.receive`.
    case upgraded(leftover: [UInt8])
    /// The server answered, and it was not 101. Close the socket: a body that may follow is not
    /// read, for it tells nothing that the head does not, and it may end with the connection alone.
    case refused(HandshakeRefusal)
  }

  /// The request's bytes.
  package let request: [UInt8]

  private let expectedAccept: String
  private var headReader: HandshakeHeadReader

  /// Prepares a request.
  ///
  /// `host` is the `Host` field: name, and port unless it is the scheme's own. `target` is the path
  /// with its query, from the `/` on. `extraHeaders` must not repeat a field of the handshake.
  /// `generator` draws the nonce. `sha1` is the digest of FIPS 180-4: 20 bytes. Throws
  /// `invalidRequest` when a part cannot stand in a request.
  package init(
    host: String, target: String, extraHeaders: HandshakeHeaders = [:],
    limits: HandshakeLimits = HandshakeLimits(),
    using generator: inout some RandomNumberGenerator,
    sha1: ([UInt8]) -> [UInt8]
  ) throws(HandshakeError) {
    try Self.check(host: host, target: target, extraHeaders: extraHeaders)
    let key = HandshakeKey.draw(using: &generator)
    expectedAccept = HandshakeKey.accept(for: key, sha1: sha1)
    var headers: HandshakeHeaders = [
      "Host": host,
      "Upgrade": "websocket",
      "Connection": "Upgrade",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Version": "13",
    ]
    for field in extraHeaders.fields { headers.append(field.name, field.value) }
    request = Array("GET \(target) HTTP/1.1\r\n\(headers.wireText)\r\n".utf8)
    headReader = HandshakeHeadReader(limits: limits)
  }

  private static func check(
    host: String, target: String, extraHeaders: HandshakeHeaders
  ) throws(HandshakeError) {
    let isVisible = { (byte: UInt8) in byte > 0x20 && byte < 0x7F }
    guard !host.isEmpty, host.utf8.allSatisfy(isVisible) else { throw .invalidRequest("host") }
    guard target.hasPrefix("/"), target.utf8.allSatisfy(isVisible), !target.contains("#") else {
      throw .invalidRequest("target")
    }
    for field in extraHeaders.fields {
      let name = field.name.lowercased()
      let isOurs =
        ["host", "upgrade", "connection", "content-length", "transfer-encoding"].contains(name)
        || name.hasPrefix("sec-websocket-")
      guard !isOurs, HandshakeHeadReader.isToken(field.name.utf8),
        field.value.utf8.allSatisfy(HandshakeHeadReader.isText)
      else { throw .invalidRequest(field.name) }
    }
  }

  /// Takes bytes from the server, cut anywhere. Throws when the response is no valid HTTP/1.1, is
  /// too large, or claims to be 101 and does not keep section 4.1.
  package mutating func receive(_ bytes: [UInt8]) throws(HandshakeError) -> Progress {
    var bytes = bytes
    while let head = try headReader.receive(bytes) {
      let (statusCode, reasonPhrase) = try Self.statusLine(head.startLine)
      switch statusCode {
      case 101:
        try checkUpgrade(head.headers)
        return .upgraded(leftover: head.leftover)
      case 100..<200:
        // An interim response (RFC 9110, section 15.2): the real one follows.
        bytes = head.leftover
      default:
        return .refused(
          HandshakeRefusal(
            statusCode: statusCode, reasonPhrase: reasonPhrase, headers: head.headers))
      }
    }
    return .needsMore
  }

  /// `HTTP/1.1 101 Switching Protocols`. An old proxy may refuse in HTTP/1.0, but 101 needs 1.1.
  private static func statusLine(
    _ line: String
  ) throws(HandshakeError) -> (statusCode: Int, reasonPhrase: String) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0",
      parts[1].utf8.count == 3, let statusCode = Int(parts[1]), (100...999).contains(statusCode),
      statusCode >= 200 || parts[0] == "HTTP/1.1"
    else { throw .malformedStartLine }
    return (statusCode, parts.count == 3 ? String(parts[2]) : "")
  }

  private func checkUpgrade(_ headers: HandshakeHeaders) throws(HandshakeError) {
    guard headers.values(of: "Upgrade").map({ $0.lowercased() }) == ["websocket"] else {
      throw .notUpgradedToWebSocket
    }
    guard headers.lists("upgrade", in: "Connection") else { throw .connectionNotUpgraded }
    guard headers.values(of: "Sec-WebSocket-Accept") == [expectedAccept] else {
      throw .wrongAcceptKey
    }
    if let chosen = headers["Sec-WebSocket-Extensions"] { throw .unrequestedExtension(chosen) }
    if let chosen = headers["Sec-WebSocket-Protocol"] { throw .unrequestedSubprotocol(chosen) }
  }
}
