/// The client's side of the opening handshake (RFC 6455, section 4.1) as a value. It offers no
/// extension and no subprotocol.
///
/// Write `request`, then hand in what the server sends until `receive` returns something other than
/// `needsMore` or throws. After that the handshake is spent. A deadline is the caller's.
package struct ClientHandshake: Sendable {
  package enum Progress: Equatable, Sendable {
    /// Read on.
    case needsMore
    /// The WebSocket is open. The leftover bytes are the first of the connection: hand them to
    /// `WebSocketConnection.receive`.
    case upgraded(leftover: [UInt8])
    /// The server answered, and it was not 101. Close the socket.
    case refused(HandshakeRefusal)
  }

  /// The request's bytes.
  package let request: [UInt8]

  private let expectedAccept: String
  private let limits: HandshakeLimits
  private var headReader: HandshakeHeadReader
  /// The refusal whose body is arriving.
  private var refusal: (head: HandshakeRefusal, body: RefusalBody)?

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
    self.limits = limits
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
    if refusal != nil {
      refusal?.body.receive(bytes)
      return progressOfRefusal()
    }
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
        var body = RefusalBody(
          statusCode: statusCode, headers: head.headers,
          limitBytes: limits.maximumRefusalBodyBytes)
        body.receive(head.leftover)
        let refusal = HandshakeRefusal(
          statusCode: statusCode, reasonPhrase: reasonPhrase, headers: head.headers,
          bodyPrefix: [], isBodyComplete: false)
        self.refusal = (refusal, body)
        return progressOfRefusal()
      }
    }
    return .needsMore
  }

  /// Takes note that the server will send no more, or that the caller will not wait any longer.
  /// Returns the refusal if its head has come; otherwise throws `connectionClosed`.
  package mutating func receiveEOF() throws(HandshakeError) -> HandshakeRefusal {
    refusal?.body.receiveEOF()
    guard let refusal = finishedRefusal else { throw .connectionClosed }
    return refusal
  }

  private func progressOfRefusal() -> Progress {
    guard refusal?.body.isFinished == true, let finishedRefusal else { return .needsMore }
    return .refused(finishedRefusal)
  }

  private var finishedRefusal: HandshakeRefusal? {
    guard let (head, body) = refusal else { return nil }
    var finished = head
    finished.bodyPrefix = body.prefix
    finished.isBodyComplete = body.isComplete
    return finished
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
