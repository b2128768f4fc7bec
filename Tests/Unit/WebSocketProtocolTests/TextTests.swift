import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 8.1: text is UTF-8")
struct TextTests {
  static let valid: [[UInt8]] = [
    [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xE1, 0x80, 0x80],
    [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xEF, 0xBF, 0xBF],
    [0xF0, 0x90, 0x80, 0x80], [0xF1, 0x80, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    Array("⚡ sats für käufer: κόσμε 𝄞".utf8),
  ]

  /// Each breaks off at its last byte: what stands before it could still have become valid.
  static let invalidAtLastByte: [[UInt8]] = [
    [0x80], [0xBF], [0xC0], [0xC1], [0xF5], [0xFF], [0x41, 0xFE], [0xC2, 0x41], [0xC2, 0xC2],
    [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90], [0xE1, 0x80, 0x41],
    [0xF1, 0x80, 0x80, 0xC0], [0xF0, 0x90, 0x80, 0x7F],
    Array(repeating: 0x61, count: 17) + [0xED, 0xA0],
  ]

  private func accepts(_ bytes: [UInt8], piece: Int) -> Bool {
    var validator = UTF8Validator()
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let isValid = bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
        validator.accept($0)
      }
      guard isValid else { return false }
    }
    return validator.isAtCharacterBoundary
  }

  @Test("The limits of each form are accepted", arguments: valid)
  func acceptsValidText(bytes: [UInt8]) {
    var client = TestPeer()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(client.receive(WireFrame(FirstByte.wholeText, bytes)) == [.text(text)])
  }

  @Test("Broken text fails at the first byte that breaks it", arguments: invalidAtLastByte)
  func failsFast(bytes: [UInt8]) {
    var client = TestPeer()
    // The frame announces more than will come.
    let wire = WireFrame(FirstByte.text, bytes).with(lengthBytes: [100]).bytes
    #expect(client.receive(Array(wire.dropLast())) == [])
    #expect(client.receive(Array(wire.suffix(1))) == [.failed(.invalidUTF8)])
  }

  @Test("Text must not end inside a character", arguments: valid.filter { ($0.last ?? 0) > 0x7F })
  func failsOnTruncatedCharacter(bytes: [UInt8]) {
    var client = TestPeer()
    let events = client.receive(
      WireFrame(FirstByte.text, Array(bytes.dropLast())), WireFrame(FirstByte.ping),
      WireFrame(FirstByte.lastContinuation))
    #expect(events == [.ping([]), .failed(.invalidUTF8)])
  }

  @Test("A character may be cut by fragments", arguments: [WebSocketRole.client, .server])
  func characterAcrossFragments(role: WebSocketRole) {
    var peer = TestPeer(role)
    let bytes = Array("𝄞".utf8)
    let events = peer.receive(
      WireFrame(FirstByte.text, Array(bytes[..<1]), to: role),
      WireFrame(FirstByte.continuation, Array(bytes[1..<3]), to: role),
      WireFrame(FirstByte.lastContinuation, Array(bytes[3...]), to: role))
    #expect(events == [.text("𝄞")])
  }

  @Test("Binary messages are not looked at")
  func binaryIsNotText() {
    var client = TestPeer()
    #expect(client.receive(WireFrame(FirstByte.wholeBinary, [0xFF])) == [.binary([0xFF])])
    #expect(client.receive(WireFrame(FirstByte.wholeText, "ok")) == [.text("ok")])
  }

  @Test("All pairs and triples of interesting bytes agree with the standard library, however cut")
  func agreesWithStandardLibrary() {
    let interesting: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
      0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    for first in interesting {
      for second in interesting {
        for third in interesting {
          for bytes in [
            [first, second], [first, second, third], [0x61, first, second, third, 0x80],
          ] {
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(accepts(bytes, piece: bytes.count) == expected, "\(bytes)")
            #expect(accepts(bytes, piece: 1) == expected, "\(bytes)")
          }
        }
      }
    }
  }
}
