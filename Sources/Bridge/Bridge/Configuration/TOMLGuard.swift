/// Finds what would end the process in toml++ 3, which states some of its beliefs by assertions, at
/// a reload too.
///
/// 1. A section's name that begins with what no name can begin with (its `parse_key`).
/// 2. A date or a time that goes on with something else than digits (its `parse_value`, its
///    `parse_time`). No key takes a date or a time, and what begins with a digit holds a dash or a
///    colon nowhere else: so none reaches the parser.
/// 3. A `}` that closes nothing, where a value should be (its `parse_value`).
///
/// It reads as the parser does, up to its first mistake: what comes behind that, the parser does
/// not see.
struct TOMLGuard {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// The brackets that are open, of arrays and tables within values.
  private var open: [UInt8] = []

  /// The first such line of a document, from 1; nil when the parser can be let at it.
  static func lineThatEndsTheParser(_ text: String) -> Int? {
    var guardian = TOMLGuard(bytes: Array(text.utf8))
    return guardian.find()
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// What is being read, outside texts and comments.
  private enum Token {
    case none
    /// It began with a digit, so that it may be a date or a time.
    case numeric
    case other
  }

  private mutating func find() -> Int? {
    var token = Token.none
    var isLineStart = true
    // Some editors begin a file with a byte order mark; the parser passes over it.
    if bytes.starts(with: "\u{FEFF}".utf8) { position = 3 }
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\n"):
        advance()
        (token, isLineStart) = (.none, true)
        continue
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        token = .none
        advance()
        continue
      case UInt8(ascii: "#"):
        while let next = peek(), next != UInt8(ascii: "\n") { advance() }
        continue
      case UInt8(ascii: "[") where isLineStart && open.isEmpty:
        guard skipSectionBrackets() else { return line }
      case UInt8(ascii: "="), UInt8(ascii: "["), UInt8(ascii: "{"):
        // Within a number's characters they part nothing.
        if token != .numeric {
          token = .none
          if byte != UInt8(ascii: "=") { open.append(byte) }
        }
        advance()
      case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
        let closes = byte == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{")
        if byte != UInt8(ascii: ","), open.last == closes {
          open.removeLast()
        } else if byte == UInt8(ascii: "}") {
          return line
        }
        token = .none
        advance()
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if token == .none {
          guard skipText(quotedBy: byte) else { return nil }
          token = .other
        } else {
          advance()
        }
      case UInt8(ascii: ":") where token == .numeric, UInt8(ascii: "-") where token == .numeric:
        return line
      default:
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        if token == .none { token = isDigit ? .numeric : .other }
        advance()
      }
      isLineStart = false
    }
    return nil
  }

  /// Moves behind `[` or `[[`, to where a section's name begins.
  ///
  /// - Returns: Whether it can begin there. A header that ends with its line is a mistake of the
  ///   same kind.
  private mutating func skipSectionBrackets() -> Bool {
    advance()
    skipBlanks()
    if peek() == UInt8(ascii: "[") {
      advance()
      skipBlanks()
    }
    switch peek() ?? UInt8(ascii: "\n") {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]"):
      return true
    default:
      return false
    }
  }

  /// Moves behind a text.
  ///
  /// - Returns: Whether it has an end. The parser goes no further where it has none.
  private mutating func skipText(quotedBy quote: UInt8) -> Bool {
    let triple = [quote, quote, quote]
    let isMultiLine = bytes[position...].starts(with: triple)
    for _ in 0..<(isMultiLine ? 3 : 1) { advance() }
    while let byte = peek() {
      if isMultiLine ? bytes[position...].starts(with: triple) : byte == quote {
        for _ in 0..<(isMultiLine ? 3 : 1) { advance() }
        return true
      }
      if byte == UInt8(ascii: "\n") && !isMultiLine { return false }
      if byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") { advance() }
      advance()
    }
    return false
  }

  private mutating func skipBlanks() {
    while peek() == UInt8(ascii: " ") || peek() == UInt8(ascii: "\t") { advance() }
  }

  private func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func advance() {
    if peek() == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }
}
