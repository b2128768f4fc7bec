import Glibc

/// Covers the key wherever a server repeats it: in the words of a refusal, in a close reason, in a memo. What came from
/// upstream is shown, logged and stored, and the key must not be in it.
struct KeyMask: Sendable {
  private static let cover = Array(Secret.mask.utf8)
  /// A shorter key could be a word or a number of the protocol, and covering it would change what is said. LNbits' own
  /// have 32 bytes.
  private static let minimumKeyBytes = 16

  private let key: [UInt8]

  init(_ key: Secret) {
    self.key = Array(key.revealed.utf8)
  }

  func masked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard position(in: bytes[...]) != nil else { return text }
    return String(decoding: masked(bytes), as: UTF8.self)
  }

  func masked(_ bytes: [UInt8]) -> [UInt8] {
    guard var found = position(in: bytes[...]) else { return bytes }
    var result: [UInt8] = []
    var rest = bytes[...]
    while true {
      result += rest[..<found]
      result += Self.cover
      rest = rest[(found + key.count)...]
      guard let next = position(in: rest) else { return result + rest }
      found = next
    }
  }

  /// Where the key begins; nil where it does not occur.
  private func position(in bytes: ArraySlice<UInt8>) -> Int? {
    guard key.count >= Self.minimumKeyBytes else { return nil }
    let offset = bytes.withUnsafeBytes { bytes -> Int? in
      guard var rest = bytes.baseAddress else { return nil }
      let end = rest + bytes.count
      while end - rest >= key.count {
        let room = end - rest - key.count + 1
        guard let hit = memchr(rest, CInt(key[0]), room) else { return nil }
        if memcmp(hit, key, key.count) == 0 { return UnsafeRawPointer(hit) - (end - bytes.count) }
        rest = UnsafeRawPointer(hit) + 1
      }
      return nil
    }
    return offset.map { bytes.startIndex + $0 }
  }
}
