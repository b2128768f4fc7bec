/// Covers secrets wherever they stand in a text: in the words of a refusal, in a close reason, in a
/// memo. What an upstream says is shown, logged and stored, and it may repeat the key that it was
/// asked with.
///
/// It is for decoded text. It finds a secret in any case of its letters, and with any of its
/// characters spelled as `%61` (RFC 3986), `\u0061` (RFC 8259) or `&#97;`, `&#x61;` (HTML), as a
/// text holds that was encoded twice. The start of a secret at the end of a text is found as well,
/// for texts are cut.
package struct SecretMask: Sendable {
  /// What stands in a secret's place.
  package static let cover = "***"
  /// Bytes of UTF-8. A shorter secret would be found in half of all words, and covering it there
  /// would tell it.
  package static let minimumSecretBytes = 4

  /// Bytes of a secret's start that are covered at the end of a text.
  private static let minimumCutBytes = 8

  /// In lower case, the longest first: one may begin with another.
  private var secrets: [[UInt8]] = []
  /// Which bytes a secret may begin with, however it is spelled.
  private var mayBegin = [Bool](repeating: false, count: 256)

  package init() {}

  /// Covers this secret from now on as well. There is no way back: who has replaced a key may meet
  /// the old one in what was said before.
  package mutating func insert(_ secret: String) {
    let bytes = secret.utf8.map(Self.lowercase)
    guard bytes.count >= Self.minimumSecretBytes, !secrets.contains(bytes) else { return }
    secrets.append(bytes)
    secrets.sort { $0.count > $1.count }
    let first = bytes[0]
    for byte in [first, Self.uppercase(first)] + Array("%\\&".utf8) {
      mayBegin[Int(byte)] = true
    }
  }

  /// The text with each secret covered; the text itself where there is none.
  ///
  /// - Parameter minimumBytes: Shorter secrets are passed over.
  package func masked(
    _ text: String, secretsOfAtLeast minimumBytes: Int = minimumSecretBytes
  ) -> String {
    let secrets = secrets.prefix { $0.count >= minimumBytes }
    guard !secrets.isEmpty else { return text }
    var text = text
    let result = text.withUTF8 { bytes -> [UInt8]? in
      var result: [UInt8] = []
      var taken = 0
      var position = 0
      while position < bytes.count {
        guard mayBegin[Int(bytes[position])],
          let end = Self.end(of: secrets, at: position, in: bytes)
        else {
          position += 1
          continue
        }
        result += bytes[taken..<position]
        result += Self.cover.utf8
        (taken, position) = (end, end)
      }
      return taken == 0 ? nil : result + bytes[taken...]
    }
    return result.map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// The optional text likewise.
  package func masked(_ text: String?) -> String? {
    text.map { masked($0) }
  }

  /// Behind the secret, or the start of one, that begins here; nil where none does.
  private static func end(
    of secrets: ArraySlice<[UInt8]>, at start: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    for secret in secrets {
      // As it stands first: a secret may itself hold what looks like another spelling.
      for readsSpellings in [false, true] {
        var position = start
        var found = 0
        for wanted in secret {
          guard
            let next = end(
              of: wanted, at: position, in: bytes, readsSpellings: readsSpellings)
          else { break }
          position = next
          found += 1
        }
        let isCut = position == bytes.count && found >= minimumCutBytes
        if found == secret.count || isCut { return position }
      }
    }
    return nil
  }

  /// Behind one byte of a secret; nil where there is another or none.
  private static func end(
    of wanted: UInt8, at start: Int, in bytes: UnsafeBufferPointer<UInt8>, readsSpellings: Bool
  ) -> Int? {
    guard start < bytes.count else { return nil }
    if readsSpellings, let (byte, next) = SpelledByte.read(bytes, at: start),
      lowercase(byte) == wanted
    {
      return next
    }
    return lowercase(bytes[start]) == wanted ? start + 1 : nil
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func uppercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & ~0x20 : byte
  }
}

/// A byte in a longer spelling.
private enum SpelledByte {
  private typealias Found = (byte: UInt8, next: Int)

  /// - Returns: the byte and where the next begins; nil where there is no such spelling.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (byte: UInt8, next: Int)? {
    switch bytes[start] {
    case UInt8(ascii: "%"): percent(bytes, from: start + 1)
    case UInt8(ascii: "\\"): escape(bytes, from: start + 1)
    case UInt8(ascii: "&"): reference(bytes, from: start + 1)
    default: nil
    }
  }

  /// `%61`, the sign itself written `%25` any number of times.
  private static func percent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Found? {
    var position = start
    while bytes[position...].starts(with: "25".utf8) { position += 2 }
    return number(bytes, from: position, digits: 2, maximum: 0xFF)
      ?? number(bytes, from: start, digits: 2, maximum: 0xFF)
  }

  /// `\u0061`, the backslash itself written any number of times.
  private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Found? {
    var position = start
    while position < bytes.count, bytes[position] == UInt8(ascii: "\\") { position += 1 }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "u") else { return nil }
    return number(bytes, from: position + 1, digits: 4, maximum: 0x7F)
  }

  /// `&#97;` or `&#x61;`, with leading zeros if need be.
  private static func reference(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Found? {
    guard start + 1 < bytes.count, bytes[start] == UInt8(ascii: "#") else { return nil }
    let isHexadecimal = bytes[start + 1] | 0x20 == UInt8(ascii: "x")
    let digits = bytes[(start + (isHexadecimal ? 2 : 1))...].prefix(maximumReferenceDigits + 1)
    guard let end = digits.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let text = String(decoding: digits[..<end], as: UTF8.self)
    guard let value = UInt8(text, radix: isHexadecimal ? 16 : 10), value < 0x80 else { return nil }
    return (value, end + 1)
  }

  private static let maximumReferenceDigits = 7

  /// A fixed count of hexadecimal digits; nil where they are none, or say more than `maximum`.
  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, digits: Int, maximum: Int
  ) -> Found? {
    guard start + digits <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[start..<(start + digits)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value * 16 + digit
    }
    return value <= maximum ? (UInt8(value), start + digits) : nil
  }
}
