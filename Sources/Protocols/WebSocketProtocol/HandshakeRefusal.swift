/// A server's answer other than 101: a wrong path, a missing right, a limit, a redirect, a proxy
/// that knows nothing of WebSocket. What it means is the caller's to say.
package struct HandshakeRefusal: Equatable, Sendable {
  /// 200 to 999; never 101.
  package var statusCode: Int
  /// The server's words after the code; may be empty.
  package var reasonPhrase: String
  package var headers: HandshakeHeaders

  package init(statusCode: Int, reasonPhrase: String, headers: HandshakeHeaders) {
    self.statusCode = statusCode
    self.reasonPhrase = reasonPhrase
    self.headers = headers
  }
}
