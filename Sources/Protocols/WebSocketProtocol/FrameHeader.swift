/// What stands before a frame's payload (RFC 6455, section 5.2).
struct FrameHeader: Equatable, Sendable {
  var isFinal: Bool
  var opcode: Opcode
  var payloadBytes: Int
  /// Set when a client sent the frame.
  var maskingKey: MaskingKey?

  /// The longest payload of a control frame (section 5.5).
  static let maximumControlPayloadBytes = 125

  /// Appends the header as it stands on the wire, the length in as few bytes as it needs.
  func append(to output: inout [UInt8]) {
    output.append((isFinal ? 0x80 : 0) | opcode.rawValue)
    let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
    switch payloadBytes {
    case ...125:
      output.append(maskBit | UInt8(payloadBytes))
    case ...0xFFFF:
      output.append(maskBit | 126)
      output.append(bigEndian: UInt16(payloadBytes))
    default:
      output.append(maskBit | 127)
      output.append(bigEndian: UInt64(payloadBytes))
    }
    if let maskingKey {
      output.append(bigEndian: maskingKey.rawValue)
    }
  }
}

extension [UInt8] {
  /// Appends an integer in network order.
  mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
    for shift in stride(from: Integer.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
