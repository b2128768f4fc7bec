/// Collects the head of an HTTP/1.1 message, cut anywhere, and takes it apart (RFC 9112).
struct HandshakeHeadReader: Sendable {
  struct Head: Equatable, Sendable {
    var startLine: String
    var headers: HandshakeHeaders
    /// What came after the empty line.
    var leftover: [UInt8]
  }

  private let limits: HandshakeLimits
  private var buffer: [UInt8] = []
  /// Where the search for the end goes on, so that a head that drips in is read once.
  private var scanned = 0
  /// Bytes of earlier heads on the same connection, which count against the same limit.
  private var earlierHeadBytes = 0

  init(limits: HandshakeLimits) {
    self.limits = limits
  }

  /// Returns the head once its empty line has come; the reader is then ready for the next one.
  mutating func receive(_ bytes: [UInt8]) throws(HandshakeError) -> Head? {
    buffer.append(contentsOf: bytes)
    let end = findEnd()
    let headBytes = earlierHeadBytes + (end ?? buffer.count)
    guard headBytes <= limits.maximumHeadBytes else {
      throw .headTooLarge(limitBytes: limits.maximumHeadBytes)
    }
    guard let end else { return nil }
    let head = try parse(buffer[..<(end - 4)], leftover: Array(buffer[end...]))
    earlierHeadBytes = headBytes
    buffer = []
    scanned = 0
    return head
  }

  /// The index after the empty line.
  private mutating func findEnd() -> Int? {
    let lineFeed = UInt8(ascii: "\n")
    while scanned < buffer.count {
      scanned += 1
      if buffer[scanned - 1] == lineFeed, buffer[..<scanned].suffix(4) == [13, 10, 13, 10] {
        return scanned
      }
    }
    return nil
  }

  private func parse(
    _ bytes: ArraySlice<UInt8>, leftover: [UInt8]
  ) throws(HandshakeError) -> Head {
    // The last line has lost its line break to the empty one.
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for index in lines.indices.dropLast() {
      guard lines[index].popLast() == UInt8(ascii: "\r") else { throw .malformedHeaderField }
    }
    guard let startLine = lines.first, !startLine.isEmpty, startLine.allSatisfy(Self.isText) else {
      throw .malformedStartLine
    }
    guard lines.count - 1 <= limits.maximumHeaderFields else {
      throw .tooManyHeaderFields(limit: limits.maximumHeaderFields)
    }
    var headers = HandshakeHeaders()
    for line in lines.dropFirst() {
      let (name, value) = try Self.field(line)
      headers.append(name, value)
    }
    return Head(
      startLine: String(decoding: startLine, as: UTF8.self), headers: headers, leftover: leftover)
  }

  private static func field(
    _ line: ArraySlice<UInt8>
  ) throws(HandshakeError) -> (String, String) {
    // A line that begins with white space would continue the one before it (obs-fold): its name is
    // no token, so it is refused with the rest.
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else {
      throw .malformedHeaderField
    }
    var value = line[(colon + 1)...].drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    guard value.allSatisfy(isText) else { throw .malformedHeaderField }
    return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// What a field value or a start line may hold: no control character but the tab.
  static func isText(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }

  /// A token (RFC 9110, section 5.6.2).
  static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { tokenBytes.contains($0) }
  }

  private static let tokenBytes = Set(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
}
