/// Why an opening handshake came to nothing. A client can try again, and a server can say so with
/// `HandshakeResponse.refusing(_:)`.
package enum HandshakeError: Error, Equatable, Sendable {
  // What either end may meet.

  /// The head is longer than `HandshakeLimits.maximumHeadBytes`.
  case headTooLarge(limitBytes: Int)
  /// There are more fields than `HandshakeLimits.maximumHeaderFields`.
  case tooManyHeaderFields(limit: Int)
  /// The first line is not one of HTTP/1.1 (RFC 9112, sections 3 and 4).
  case malformedStartLine
  /// A header field breaks RFC 9112, section 5.
  case malformedHeaderField
  /// The peer ended the connection in the middle of the head.
  case connectionClosed

  // What a client may meet in its own request, and in a response that claims to be 101 (RFC 6455,
  // section 4.1).

  /// The host, the target or a further header field cannot stand in a request. Nothing was sent.
  case invalidRequest(String)
  /// `Upgrade` does not say `websocket`: the peer speaks something else now.
  case notUpgradedToWebSocket
  /// `Connection` does not list `Upgrade`.
  case connectionNotUpgraded
  /// `Sec-WebSocket-Accept` is missing, doubled or wrong: the peer does not speak WebSocket, or a
  /// cache answered in its place.
  case wrongAcceptKey
  /// The server chose an extension that was not offered.
  case unrequestedExtension(String)
  /// The server chose a subprotocol that was not offered.
  case unrequestedSubprotocol(String)

  // What a server may meet (section 4.2.1).

  /// An upgrade to WebSocket is asked for by GET.
  case methodNotAllowed(String)
  /// There is not exactly one `Host`.
  case missingHost
  /// `Upgrade` and `Connection` do not ask for a WebSocket: it is some other request.
  case notAnUpgrade
  /// `Sec-WebSocket-Key` is missing, doubled, or not 16 bytes in Base64.
  case invalidKey
  /// `Sec-WebSocket-Version` is not 13.
  case unsupportedVersion
}
