/// Checks UTF-8 (RFC 3629) piece by piece, and refuses at the first byte that no continuation could
/// make valid. So broken text is noticed in the middle of a frame (RFC 6455, section 8.1).
struct UTF8Validator: Sendable {
  /// How many continuation bytes the present character still needs.
  private var missing = 0
  /// The range of the next continuation byte. It is narrower than 0x80...0xBF only after a lead
  /// byte that could begin an overlong form, a surrogate or a number above U+10FFFF.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Whether the text may end here.
  var isAtCharacterBoundary: Bool { missing == 0 }

  /// Takes the next piece; false if the text can no longer become valid.
  mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if missing == 0 {
        index = Self.skipASCII(bytes, from: index)
        guard index < bytes.count else { return true }
        guard begin(bytes[index]) else { return false }
      } else {
        let byte = bytes[index]
        guard byte >= lowest, byte <= highest else { return false }
        missing -= 1
        lowest = 0x80
        highest = 0xBF
      }
      index += 1
    }
    return true
  }

  /// The index of the first byte, from `start` on, that is not ASCII.
  private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    // Eight bytes at a time, for as long as eight are left inside the buffer.
    while index <= bytes.count - 8,
      bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index += 8
    }
    while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    return index
  }

  /// Takes the first byte of a character longer than one byte.
  private mutating func begin(_ lead: UInt8) -> Bool {
    switch lead {
    case 0xC2...0xDF: missing = 1
    case 0xE0...0xEF: missing = 2
    case 0xF0...0xF4: missing = 3
    default: return false
    }
    switch lead {
    case 0xE0: lowest = 0xA0
    case 0xED: highest = 0x9F
    case 0xF0: lowest = 0x90
    case 0xF4: highest = 0x8F
    default: break
    }
    return true
  }
}
