/// A server's answer other than 101: a wrong path, a missing right, a limit, a redirect, a proxy that
/// knows nothing of WebSocket. What it means is the caller's to say.
package struct HandshakeRefusal: Equatable, Sendable {
  /// 200 to 999; never 101.
  package var statusCode: Int
  /// The server's words after the code; may be empty.
  package var reasonPhrase: String
  package var headers: HandshakeHeaders
  /// The body, at most `HandshakeLimits.maximumRefusalBodyBytes` of it.
  package var bodyPrefix: [UInt8]
  /// Whether `bodyPrefix` is the whole body.
  package var isBodyComplete: Bool

  package init(
    statusCode: Int, reasonPhrase: String, headers: HandshakeHeaders, bodyPrefix: [UInt8],
    isBodyComplete: Bool
  ) {
    self.statusCode = statusCode
    self.reasonPhrase = reasonPhrase
    self.headers = headers
    self.bodyPrefix = bodyPrefix
    self.isBodyComplete = isBodyComplete
  }
}
