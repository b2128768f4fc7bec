/// What a frame carries: the four bits of RFC 6455, section 5.2. Values that the standard keeps in
/// reserve have no case, so a frame that bears one cannot be represented.
enum Opcode: UInt8, Sendable {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  /// Control frames are short, never fragmented, and may stand between fragments (section 5.5).
  var isControl: Bool { rawValue & 0x8 != 0 }
}
