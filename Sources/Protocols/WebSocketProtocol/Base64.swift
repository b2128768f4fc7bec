/// Base64 (RFC 4648, section 4), as much of it as the opening handshake needs.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      // 24 bits, of which the group fills the upper ones.
      var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for place in 0..<4 {
        let padding = UInt8(ascii: "=")
        text.append(place <= group.count ? alphabet[Int(bits >> 18 & 0x3F)] : padding)
        bits <<= 6
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// How many bytes the text stands for; nil unless it is canonical Base64 with its padding.
  static func decodedByteCount(_ text: String) -> Int? {
    let symbols = Array(text.utf8)
    guard symbols.count.isMultiple(of: 4) else { return nil }
    let padding = symbols.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let digits = symbols.dropLast(padding).map { alphabet.firstIndex(of: $0) }
    guard padding <= 2, digits.allSatisfy({ $0 != nil }) else { return nil }
    // The bits of the last digit that stand for nothing must be zero.
    if padding > 0, let last = digits.last ?? nil, last & (padding == 1 ? 0b11 : 0b1111) != 0 {
      return nil
    }
    return symbols.count / 4 * 3 - padding
  }
}
