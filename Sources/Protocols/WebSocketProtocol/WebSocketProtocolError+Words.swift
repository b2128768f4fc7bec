extension WebSocketProtocolError: CustomStringConvertible {
  /// What the peer did wrong, for people.
  package var description: String {
    switch self {
    case .reservedBitsSet: "a frame uses an extension that was not agreed on"
    case .reservedOpcode(let opcode): "a frame has the unknown opcode \(opcode)"
    case .maskedFrameFromServer: "a server's frame is masked"
    case .unmaskedFrameFromClient: "a client's frame is not masked"
    case .malformedPayloadLength: "the length of a frame is malformed"
    case .fragmentedControlFrame: "a control frame is fragmented"
    case .controlFrameTooLong: "a control frame has more than 125 bytes"
    case .unexpectedContinuation: "a fragment continues no message"
    case .interruptedMessage: "a message began within another"
    case .truncatedCloseCode: "a close frame holds half a code"
    case .forbiddenCloseCode(let code): "a close frame has the forbidden code \(code)"
    case .invalidUTF8: "a text is not UTF-8"
    case .frameTooBig(let limit): "a frame is longer than the limit of \(limit) bytes"
    case .messageTooBig(let limit): "a message is longer than the limit of \(limit) bytes"
    }
  }
}
