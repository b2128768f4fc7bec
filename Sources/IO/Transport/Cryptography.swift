import COpenSSL

/// The few primitives that the bridge needs beside TLS, by OpenSSL.
package enum Cryptography {
  /// SHA-1 of the bytes (20 bytes): for the WebSocket handshake, RFC 6455 section 4.2.2, and
  /// nothing else.
  package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes, length: SHA_DIGEST_LENGTH) { SHA1($0, $1, $2) }
  }

  /// SHA-256 of the bytes (32 bytes).
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes, length: SHA256_DIGEST_LENGTH) { SHA256($0, $1, $2) }
  }

  /// Unpredictable bytes from OpenSSL's generator.
  package static func randomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // A program that goes on without randomness would be worse than one that ends.
      precondition(RAND_bytes(buffer.baseAddress, CInt(count)) == 1, "no randomness")
      initialized = count
    }
  }

  /// Equality in a time that depends on the lengths alone. The lengths are no secret: compare
  /// hashes where they are.
  package static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  private static func digest(
    _ bytes: [UInt8], length: CInt,
    _ function: (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<
      UInt8
    >?
  ) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: Int(length))
    precondition(function(bytes, bytes.count, &result) != nil, "a digest of bytes cannot fail")
    return result
  }
}

/// Random numbers from OpenSSL, for the generators that the cores are handed.
package struct SystemRandom: RandomNumberGenerator, Sendable {
  package init() {}

  package mutating func next() -> UInt64 {
    Cryptography.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
