/// The message that is arriving, fragment by fragment (RFC 6455, section 5.4).
struct IncomingMessage: Sendable {
  private enum Kind {
    case none
    case text
    case binary
  }

  private var kind = Kind.none
  private var bytes: [UInt8] = []
  private var validator = UTF8Validator()

  /// Takes note of a data frame's header. Nothing is reserved for what it announces: a header alone
  /// costs the sender ten bytes, and must not cost us sixteen million.
  mutating func begin(
    _ header: FrameHeader, limits: WebSocketLimits
  ) throws(WebSocketProtocolError) {
    switch (header.opcode, kind) {
    case (.continuation, .none): throw .unexpectedContinuation
    case (.continuation, _): break
    case (_, .text), (_, .binary): throw .interruptedMessage
    case (.text, .none): kind = .text
    default: kind = .binary
    }
    guard header.payloadBytes <= limits.maximumFramePayloadBytes else {
      throw .frameTooBig(limitBytes: limits.maximumFramePayloadBytes)
    }
    // Not a sum: it could overflow.
    guard header.payloadBytes <= limits.maximumMessageBytes - bytes.count else {
      throw .messageTooBig(limitBytes: limits.maximumMessageBytes)
    }
  }

  /// Takes a piece of a frame's payload, which begins at byte `offset` of that frame.
  mutating func append(
    _ piece: ArraySlice<UInt8>, maskingKey: MaskingKey?, offset: Int
  ) throws(WebSocketProtocolError) {
    let start = bytes.count
    bytes.append(contentsOf: piece)
    let isText = kind == .text
    let isValid = bytes.withUnsafeMutableBytes { buffer in
      // The buffer is used only in here, while `bytes` is exclusively ours.
      let added = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
      maskingKey?.apply(to: added, offset: offset)
      return !isText || validator.accept(UnsafeRawBufferPointer(added))
    }
    guard isValid else { throw .invalidUTF8 }
  }

  /// Ends the message, hands it out without copying it, and is ready for the next.
  mutating func finish() throws(WebSocketProtocolError) -> WebSocketEvent {
    defer { self = IncomingMessage() }
    guard kind == .text else { return .binary(bytes) }
    guard validator.isAtCharacterBoundary else { throw .invalidUTF8 }
    return .text(String(decoding: bytes, as: UTF8.self))
  }
}
