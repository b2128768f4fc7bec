/// Reads frame headers out of a stream that may be cut anywhere (RFC 6455, section 5.2). A breach
/// of the protocol is reported as soon as the bytes that show it have arrived.
struct FrameHeaderReader: Sendable {
  /// The bytes of the header so far: at most 14.
  private var buffer: [UInt8] = []

  /// Takes bytes of `input` from `position` on, until a header is complete or the input ends.
  /// `sender` is the peer's role.
  mutating func read(
    _ input: [UInt8], at position: inout Int, from sender: WebSocketRole
  ) throws(WebSocketProtocolError) -> FrameHeader? {
    while position < input.count {
      buffer.append(input[position])
      position += 1
      guard buffer.count >= 2 else { continue }
      if buffer.count == 2 { try checkFirstBytes(from: sender) }
      if buffer.count == headerBytes {
        defer { buffer.removeAll(keepingCapacity: true) }
        return try decode()
      }
    }
    return nil
  }

  /// The length of the header, known from its second byte.
  private var headerBytes: Int {
    let lengthBytes =
      switch buffer[1] & 0x7F {
      case 126: 2
      case 127: 8
      default: 0
      }
    return 2 + lengthBytes + (isMasked ? 4 : 0)
  }

  private var isMasked: Bool { buffer[1] & 0x80 != 0 }

  private func opcode() throws(WebSocketProtocolError) -> Opcode {
    guard let opcode = Opcode(rawValue: buffer[0] & 0x0F) else {
      throw .reservedOpcode(buffer[0] & 0x0F)
    }
    return opcode
  }

  private func checkFirstBytes(from sender: WebSocketRole) throws(WebSocketProtocolError) {
    guard buffer[0] & 0x70 == 0 else { throw .reservedBitsSet }
    let opcode = try opcode()
    switch sender {
    case .client where !isMasked: throw .unmaskedFrameFromClient
    case .server where isMasked: throw .maskedFrameFromServer
    default: break
    }
    if opcode.isControl {
      guard buffer[0] & 0x80 != 0 else { throw .fragmentedControlFrame }
      guard buffer[1] & 0x7F <= FrameHeader.maximumControlPayloadBytes else {
        throw .controlFrameTooLong
      }
    }
  }

  private func decode() throws(WebSocketProtocolError) -> FrameHeader {
    let keyStart = headerBytes - (isMasked ? 4 : 0)
    var length = UInt64(buffer[1] & 0x7F)
    if keyStart > 2 {
      length = Self.integer(buffer[2..<keyStart])
      let smallest: UInt64 = keyStart == 4 ? 126 : 0x1_0000
      guard length >= smallest, length <= UInt64(Int64.max) else { throw .malformedPayloadLength }
    }
    return FrameHeader(
      isFinal: buffer[0] & 0x80 != 0,
      opcode: try opcode(),
      payloadBytes: Int(length),
      maskingKey: isMasked
        ? MaskingKey(rawValue: UInt32(Self.integer(buffer[keyStart...]))) : nil)
  }

  /// At most eight bytes in network order.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
