/// The four bytes with which a client hides its payload from proxies (RFC 6455, section 5.3).
struct MaskingKey: Equatable, Sendable {
  /// The key as it stands on the wire, first byte in the highest bits.
  let rawValue: UInt32

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Draws a fresh key. Section 10.3 wants it unpredictable: outside tests the generator must be
  /// the system's.
  init(using generator: inout some RandomNumberGenerator) {
    rawValue = UInt32.random(in: .min ... .max, using: &generator)
  }

  /// Masks or unmasks `bytes`, of which the first is number `offset` of its frame's payload.
  func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int) {
    // The key, turned so that it begins at `offset`, twice over, in the order of memory.
    let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
    let turned = rawValue << shift | (shift == 0 ? 0 : rawValue >> (32 - shift))
    let word = (UInt64(turned) << 32 | UInt64(turned)).bigEndian
    let wordEnd = bytes.count & ~7
    for index in stride(from: 0, to: wordEnd, by: 8) {
      // Eight bytes from `index` lie inside the buffer, because `wordEnd` is rounded down.
      let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ word
      bytes.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
    }
    for index in wordEnd..<bytes.count {
      bytes[index] ^= UInt8(truncatingIfNeeded: turned >> (24 - UInt32(index & 3) * 8))
    }
  }
}
