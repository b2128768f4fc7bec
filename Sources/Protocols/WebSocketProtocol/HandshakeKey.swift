/// The key of an opening handshake and the answer that proves it was understood (RFC 6455,
/// section 4.2.2, step 5).
enum HandshakeKey {
  /// The length of the nonce, in bytes (section 4.1, item 7).
  static let nonceBytes = 16
  /// The length of a SHA-1 digest, in bytes.
  static let digestBytes = 20
  private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// A fresh key: 16 random bytes in Base64.
  static func draw(using generator: inout some RandomNumberGenerator) -> String {
    let nonce = (0..<nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return Base64.encode(nonce)
  }

  /// The `Sec-WebSocket-Accept` that belongs to a key.
  static func accept(for key: String, sha1: ([UInt8]) -> [UInt8]) -> String {
    let digest = sha1(Array((key + suffix).utf8))
    precondition(digest.count == digestBytes, "A SHA-1 digest has 20 bytes")
    return Base64.encode(digest)
  }
}
