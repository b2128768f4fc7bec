/// Takes one byte order mark off the very front of a stream (WHATWG Encoding §6, "UTF-8 decode"),
/// even when it comes a byte at a time.
struct ByteOrderMark: Sendable {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What has come of a mark so far; nil once the front is behind us.
  private var held: [UInt8]? = []

  mutating func strip(from piece: [UInt8]) -> [UInt8] {
    guard let held else { return piece }
    let front = held + piece
    if front.count < Self.bytes.count, Self.bytes.starts(with: front) {
      self.held = front
      return []
    }
    self.held = nil
    return front.starts(with: Self.bytes) ? Array(front.dropFirst(Self.bytes.count)) : front
  }
}
