/// Reads a section of field lines up to the empty line that ends it: headers (RFC 9112 §5) or
/// trailers (§7.1.2), which differ in their limits only.
struct FieldSection: Sendable {
  /// The limits of a section, and how passing them and malformed lines are called.
  struct Rules: Sendable {
    let maximumLineBytes: Int
    let maximumCount: Int
    let maximumBytes: Int
    let countLimit: HTTPParseError.Limit
    let bytesLimit: HTTPParseError.Limit
    let malformed: HTTPParseError.Part
  }

  private(set) var fields = HTTPHeaders()
  private var bytesTaken = 0
  private var reader = LineReader()
  private let rules: Rules

  init(_ rules: Rules) {
    self.rules = rules
  }

  /// Takes field lines off the front of `rest`.
  ///
  /// - Returns: whether the section is complete.
  mutating func receive(_ rest: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Bool {
    while !rest.isEmpty {
      let bytesLeft = rules.maximumBytes - bytesTaken
      let tooLong: HTTPParseError =
        bytesLeft < rules.maximumLineBytes
        ? .overLimit(rules.bytesLimit, maximum: rules.maximumBytes)
        : .overLimit(.headerLineBytes, maximum: rules.maximumLineBytes)
      guard
        let line = try reader.takeLine(
          from: &rest, maximum: min(bytesLeft, rules.maximumLineBytes), tooLong: tooLong)
      else { return false }
      if line.isEmpty { return true }

      bytesTaken += line.count + 2
      guard fields.fields.count < rules.maximumCount else {
        throw .overLimit(rules.countLimit, maximum: rules.maximumCount)
      }
      try appendField(line)
    }
    return false
  }

  /// A line that begins with a blank (obs-fold, RFC 9112 §5.2) and one with a blank before the
  /// colon (§5.1) both fail here, for a blank is not a byte of a token.
  private mutating func appendField(_ line: [UInt8]) throws(HTTPParseError) {
    guard let colon = line.firstIndex(of: ASCII.colon), colon > 0 else {
      throw .malformed(rules.malformed)
    }
    let name = line[..<colon]
    let value = line[(colon + 1)...].trimmingBlanks()
    guard name.allSatisfy(\.isTokenByte), value.allSatisfy(\.isFieldValueByte) else {
      throw .malformed(rules.malformed)
    }
    fields.append(
      name: String(decoding: name, as: UTF8.self),
      value: String(decoding: value, as: UTF8.self))
  }
}

extension FieldSection.Rules {
  static func headers(_ limits: HTTPResponseLimits) -> Self {
    Self(
      maximumLineBytes: limits.maximumHeaderLineBytes,
      maximumCount: limits.maximumHeaderCount,
      maximumBytes: limits.maximumHeaderBytes,
      countLimit: .headerCount, bytesLimit: .headerBytes, malformed: .headerLine)
  }

  static func trailers(_ limits: HTTPResponseLimits) -> Self {
    Self(
      maximumLineBytes: limits.maximumHeaderLineBytes,
      maximumCount: limits.maximumTrailerCount,
      maximumBytes: limits.maximumTrailerBytes,
      countLimit: .trailerCount, bytesLimit: .trailerBytes, malformed: .trailerLine)
  }
}
