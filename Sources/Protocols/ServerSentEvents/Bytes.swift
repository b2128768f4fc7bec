/// The octets that have a meaning of their own in an event stream (WHATWG HTML §9.2.5).
enum ASCII {
  static let null: UInt8 = 0x00
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let colon = UInt8(ascii: ":")
}

extension UInt8 {
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isLowercaseLetter: Bool { (0x61...0x7A).contains(self) }
  var isLineEnd: Bool { self == ASCII.lineFeed || self == ASCII.carriageReturn }
}

extension UnsafeRawBufferPointer {
  /// Whether it holds no line end. Looks at every byte without leaving early, which the compiler
  /// turns into many at a time.
  package var isOneLine: Bool {
    var lineEnds: UInt8 = 0
    for byte in self {
      lineEnds |= (byte == ASCII.lineFeed ? 1 : 0) | (byte == ASCII.carriageReturn ? 1 : 0)
    }
    return lineEnds == 0
  }
}
