/// How a peer broke RFC 6455. The connection cannot go on; a new one can be tried.
package enum WebSocketProtocolError: Error, Equatable, Sendable {
  /// A reserved bit is set and no extension was negotiated (section 5.2).
  case reservedBitsSet
  /// The opcode is one that the standard keeps in reserve (section 5.2).
  case reservedOpcode(UInt8)
  /// A server sent a masked frame (section 5.1).
  case maskedFrameFromServer
  /// A client sent a frame without a mask (section 5.1).
  case unmaskedFrameFromClient
  /// A payload length is written in more bytes than it needs, or is 2⁶³ or more (section 5.2).
  case malformedPayloadLength
  /// A Close, Ping or Pong frame is fragmented (section 5.5).
  case fragmentedControlFrame
  /// A Close, Ping or Pong frame has more than 125 bytes of payload (section 5.5).
  case controlFrameTooLong
  /// A continuation frame, and no message to continue (section 5.4).
  case unexpectedContinuation
  /// A new message began before the last fragment of the one before it (section 5.4).
  case interruptedMessage
  /// A Close frame's payload is a single byte: not a whole code (section 5.5.1).
  case truncatedCloseCode
  /// A Close frame bears a code that must not be sent (section 7.4).
  case forbiddenCloseCode(UInt16)
  /// A text message, or the reason in a Close frame, is not UTF-8 (section 8.1).
  case invalidUTF8
  /// A frame is longer than `WebSocketLimits.maximumFramePayloadBytes`.
  case frameTooBig(limitBytes: Int)
  /// A message is longer than `WebSocketLimits.maximumMessageBytes`.
  case messageTooBig(limitBytes: Int)

  /// The code that tells the peer what was wrong (section 7.4.1).
  package var closeCode: WebSocketCloseCode {
    switch self {
    case .invalidUTF8: .invalidPayload
    case .frameTooBig, .messageTooBig: .messageTooBig
    default: .protocolError
    }
  }
}

/// Why nothing was sent. The connection is as it was before.
package enum WebSocketSendError: Error, Equatable, Sendable {
  /// A Close frame has been sent or received, or the connection has ended: nothing may follow.
  case notOpen
  /// The payload of a ping is longer than 125 bytes (RFC 6455, section 5.5).
  case controlPayloadTooLong
  /// The code must not stand in a Close frame (section 7.4).
  case forbiddenCloseCode(UInt16)
  /// The reason of a closure is longer than 123 bytes of UTF-8 (section 5.5.1).
  case reasonTooLong
}
