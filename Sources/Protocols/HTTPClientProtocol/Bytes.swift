/// The byte classes of RFC 9110 §5.6 and RFC 5234, and the few octets that have a meaning of their
/// own in HTTP/1.1.
enum ASCII {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let colon = UInt8(ascii: ":")
  static let comma = UInt8(ascii: ",")
  static let semicolon = UInt8(ascii: ";")
}

extension UInt8 {
  /// SP or HTAB (RFC 9110 §5.6.3).
  var isBlank: Bool { self == ASCII.space || self == ASCII.tab }

  var isDigit: Bool { (0x30...0x39).contains(self) }

  /// VCHAR: visible ASCII, without the space.
  var isVisible: Bool { (0x21...0x7E).contains(self) }

  /// A byte of a `token` (RFC 9110 §5.6.2): visible ASCII without the delimiters.
  var isTokenByte: Bool {
    isVisible && !#""(),/:;<=>?@[\]{}"#.utf8.contains(self)
  }

  /// A byte that may stand in a field value (RFC 9110 §5.5). Control characters other than HTAB
  /// have no business there, and CR, LF and NUL are how headers are injected.
  var isFieldValueByte: Bool { isBlank || isVisible || self >= 0x80 }

  var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

  /// The value of a hexadecimal digit, or nil.
  var hexadecimalValue: Int? {
    switch self {
    case 0x30...0x39: Int(self) - 0x30
    case 0x41...0x46: Int(self) - 0x41 + 10
    case 0x61...0x66: Int(self) - 0x61 + 10
    default: nil
    }
  }
}

extension StringProtocol {
  /// Compares without regard to the case of ASCII letters, as field names are compared
  /// (RFC 9110 §5.1). Nothing else is folded.
  func equalsIgnoringASCIICase(_ other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8) { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection<UInt8> {
  /// Without the blanks (SP, HTAB) at either end.
  func trimmingBlanks() -> SubSequence {
    guard let first = firstIndex(where: { !$0.isBlank }),
      let last = lastIndex(where: { !$0.isBlank })
    else { return self[startIndex..<startIndex] }
    return self[first...last]
  }

  /// The number that these bytes write in decimal digits, nothing but digits, or nil when they do
  /// not, or when it overflows `Int`.
  var decimalValue: Int? {
    guard !isEmpty, allSatisfy(\.isDigit) else { return nil }
    return Int(String(decoding: self, as: UTF8.self))
  }
}
