/// Follows the chunked transfer coding (RFC 9112, section 7.1) byte by byte: enough for the small
/// body of a refusal.
struct ChunkedPrefix: Sendable {
  enum Meaning: Equatable, Sendable {
    case framing
    case data
    /// The last chunk has been announced; trailers are not read.
    case end
    case malformed
  }

  private enum Place {
    case size
    case afterSize
    case data
    case afterData
  }

  /// A chunk beyond this many bytes is nonsense in a refusal, and would overflow before long.
  private static let maximumChunkBytes = 1 << 40

  private var place = Place.size
  private var remaining = 0
  private var hasDigits = false

  mutating func receive(_ byte: UInt8) -> Meaning {
    switch place {
    case .size:
      if let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 {
        remaining = remaining * 16 + digit
        hasDigits = true
        return remaining <= Self.maximumChunkBytes ? .framing : .malformed
      }
      guard hasDigits else { return .malformed }
      place = .afterSize
      return receive(byte)
    case .afterSize:
      // An extension of the chunk may stand here; it ends with the line.
      guard byte == UInt8(ascii: "\n") else { return .framing }
      guard remaining > 0 else { return .end }
      place = .data
      return .framing
    case .data:
      remaining -= 1
      if remaining == 0 { place = .afterData }
      return .data
    case .afterData:
      guard byte != UInt8(ascii: "\r") else { return .framing }
      guard byte == UInt8(ascii: "\n") else { return .malformed }
      place = .size
      hasDigits = false
      return .framing
    }
  }
}
