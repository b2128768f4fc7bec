/// Something that the peer did. `closed` and `failed` are the last event of a connection; exactly
/// one of them is reported, once.
package enum WebSocketEvent: Equatable, Sendable {
  /// A whole text message, valid UTF-8.
  case text(String)
  /// A whole binary message.
  case binary([UInt8])
  /// A ping, which has been answered already: the pong is in the output.
  case ping([UInt8])
  /// A pong. It answers the ping with the same payload, or nothing at all (RFC 6455, section
  /// 5.5.3).
  case pong([UInt8])
  /// The connection is over. Write what `takeOutput()` still holds, then close the socket; a client
  /// does well to leave that to the server for a moment (section 7.1.1).
  case closed(WebSocketClosure)
  /// The peer broke the protocol. A Close frame with the fitting code is in the output: write it,
  /// then close the socket without waiting for an answer (section 7.1.7).
  case failed(WebSocketProtocolError)
}

/// How a connection ended (RFC 6455, sections 7.1.4 to 7.1.6).
package struct WebSocketClosure: Equatable, Sendable {
  /// Who sent the first Close frame, or let go of the socket.
  package enum Initiator: Equatable, Sendable {
    case local
    case remote
  }

  /// The code in the peer's Close frame; 1005 if it held none, 1006 if there was no such frame.
  package var code: WebSocketCloseCode
  /// The text in the peer's Close frame, at most 123 bytes. It is the peer's word: not trusted.
  package var reason: String
  package var initiator: Initiator
  /// Whether both ends sent a Close frame.
  package var isClean: Bool

  package init(
    code: WebSocketCloseCode, reason: String, initiator: Initiator, isClean: Bool
  ) {
    self.code = code
    self.reason = reason
    self.initiator = initiator
    self.isClean = isClean
  }
}
