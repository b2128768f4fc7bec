/// Checks a text against the grammar of RFC 8259 and notes where its values are. Without recursion,
/// so that no text exhausts the stack.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// The arrays and objects that are open, as indices of tokens.
  private var open: [Int] = []
  private(set) var tokens: [JSONToken] = []
  private let maximumTokens: Int

  private static let bytesPerTokenGuess = 24

  init(_ bytes: UnsafeBufferPointer<UInt8>, maximumTokens: Int) {
    self.bytes = bytes
    self.maximumTokens = maximumTokens
    tokens.reserveCapacity(min(bytes.count / Self.bytesPerTokenGuess + 1, maximumTokens))
  }

  /// It was given up for its number of values.
  var isOverLimit: Bool { tokens.count > maximumTokens }

  /// - Returns: Whether the text is one value, and nothing else.
  mutating func scan() -> Bool {
    skipWhiteSpace()
    guard scanValue() else { return false }
    while let container = open.last {
      skipWhiteSpace()
      let isObject = tokens[container].kind == .object
      if take(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        tokens[container].end = UInt32(position)
        tokens[container].next = UInt32(tokens.count)
        open.removeLast()
        continue
      }
      if tokens.count > container + 1 {
        guard take(UInt8(ascii: ",")) else { return false }
        skipWhiteSpace()
      }
      if isObject {
        guard take(UInt8(ascii: "\"")), scanString() else { return false }
        skipWhiteSpace()
        guard take(UInt8(ascii: ":")) else { return false }
        skipWhiteSpace()
      }
      guard scanValue() else { return false }
    }
    skipWhiteSpace()
    return position == bytes.count && !isOverLimit
  }

  // MARK: Values

  private mutating func scanValue() -> Bool {
    guard position < bytes.count, !isOverLimit else { return false }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      position += 1
      return scanString()
    case UInt8(ascii: "{"): return begin(.object)
    case UInt8(ascii: "["): return begin(.array)
    case UInt8(ascii: "t"): return scanWord("true", .bool)
    case UInt8(ascii: "f"): return scanWord("false", .bool)
    case UInt8(ascii: "n"): return scanWord("null", .null)
    default: return scanNumber()
    }
  }

  private mutating func begin(_ kind: JSONToken.Kind) -> Bool {
    guard open.count < JSONDocument.maximumDepth else { return false }
    open.append(tokens.count)
    add(kind, from: position, to: position, isPlain: true)
    position += 1
    return true
  }

  private mutating func scanWord(_ word: StaticString, _ kind: JSONToken.Kind) -> Bool {
    let start = position
    let isThere = word.withUTF8Buffer { word in
      bytes.count - start >= word.count && bytes[start..<(start + word.count)].elementsEqual(word)
    }
    guard isThere else { return false }
    position += word.utf8CodeUnitCount
    add(kind, from: start, to: position, isPlain: true)
    return true
  }

  /// Section 6.
  private mutating func scanNumber() -> Bool {
    let start = position
    var isPlain = true
    _ = take(UInt8(ascii: "-"))
    let leading = position
    guard takeDigits() else { return false }
    if bytes[leading] == UInt8(ascii: "0"), position > leading + 1 { return false }
    if take(UInt8(ascii: ".")) {
      isPlain = false
      guard takeDigits() else { return false }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isPlain = false
      _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
      guard takeDigits() else { return false }
    }
    add(.number, from: start, to: position, isPlain: isPlain)
    return true
  }

  private mutating func takeDigits() -> Bool {
    let start = position
    while position < bytes.count, bytes[position].isDigit { position += 1 }
    return position > start
  }

  /// Section 7, from behind the first quote on.
  private mutating func scanString() -> Bool {
    let start = position
    var isPlain = true
    var bits: UInt8 = 0
    while true {
      guard let end = endOfRun(from: position, &bits) else { return false }
      position = end + 1
      switch bytes[end] {
      case UInt8(ascii: "\""):
        guard bits < 0x80 || isUTF8(bytes[start..<end]) else { return false }
        add(.string, from: start, to: end, isPlain: isPlain)
        return true
      case UInt8(ascii: "\\"):
        isPlain = false
        guard skipEscape() else { return false }
      default:
        // A control character.
        return false
      }
    }
  }

  /// The next byte that does not stand for itself; nil where the text ends before.
  ///
  /// - Parameter bits: Gets those of the bytes before it added: they tell whether all are ASCII.
  private func endOfRun(from start: Int, _ bits: inout UInt8) -> Int? {
    var position = start
    // Most of a text is long strings, so eight bytes are looked at in one go.
    let raw = UnsafeRawBufferPointer(bytes)
    while position + 8 <= raw.count {
      let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      guard !Self.holdsStop(word) else { break }
      if word & Self.highBits != 0 { bits |= 0x80 }
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return position }
      bits |= byte
      position += 1
    }
    return nil
  }

  private static let lowBits: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether one of eight bytes may be a quote, a backslash or a control character: the borrow of a
  /// subtraction shows it, in the byte itself or, rarely and in vain, in one above it.
  private static func holdsStop(_ word: UInt64) -> Bool {
    let quotes = word ^ (lowBits * 0x22)
    let backslashes = word ^ (lowBits * 0x5C)
    let zeros = (quotes &- lowBits) & ~quotes | (backslashes &- lowBits) & ~backslashes
    return (zeros | (word &- lowBits * 0x20) & ~word) & highBits != 0
  }

  private func isUTF8(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  private mutating func skipEscape() -> Bool {
    guard position < bytes.count else { return false }
    let byte = bytes[position]
    position += 1
    if byte == UInt8(ascii: "u") {
      guard bytes.count - position >= 4 else { return false }
      position += 4
      return bytes[(position - 4)..<position].allSatisfy { $0.hexDigitValue != nil }
    }
    return JSONEscape.octet(for: byte) != nil
  }

  // MARK: Small steps

  private mutating func add(
    _ kind: JSONToken.Kind, from start: Int, to end: Int, isPlain: Bool
  ) {
    tokens.append(
      JSONToken(
        kind: kind, isPlain: isPlain, start: UInt32(start), end: UInt32(end),
        next: UInt32(tokens.count + 1)))
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhiteSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }
}

/// The escapes of one letter (RFC 8259, section 7).
enum JSONEscape {
  static func octet(for letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }
}

extension UInt8 {
  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  var hexDigitValue: UInt16? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(self - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(self - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(self - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
