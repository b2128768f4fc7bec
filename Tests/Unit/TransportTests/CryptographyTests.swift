import Testing

@testable import Transport

@Suite("Cryptography")
struct CryptographyTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }

  @Test("FIPS 180-4: digests of the empty string and of abc")
  func digests() {
    #expect(hex(Cryptography.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(hex(Cryptography.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      hex(Cryptography.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("equality is that of the bytes")
  func equality() {
    #expect(Cryptography.constantTimeEqual([], []))
    #expect(Cryptography.constantTimeEqual([1, 2], [1, 2]))
    #expect(!Cryptography.constantTimeEqual([1, 2], [1, 3]))
    #expect(!Cryptography.constantTimeEqual([1, 2], [1, 2, 3]))
  }

  @Test("random bytes are as many as asked for, and not the same twice")
  func random() {
    #expect(Cryptography.randomBytes(0).isEmpty)
    #expect(Cryptography.randomBytes(32).count == 32)
    #expect(Cryptography.randomBytes(32) != Cryptography.randomBytes(32))
    var generator = SystemRandom()
    #expect(generator.next() != generator.next())
  }
}
