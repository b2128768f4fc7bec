import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 5: framing")
struct FramingTests {
  @Test(
    "The standard's own examples are written byte for byte (5.7)",
    arguments: [
      (WebSocketRole.server, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f] as [UInt8]),
      (.client, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]),
    ])
  func standardExample(role: WebSocketRole, expected: [UInt8]) {
    var output: [UInt8] = []
    let key = role == .client ? MaskingKey(rawValue: 0x37FA_213D) : nil
    Frame.append(.text, "Hello".utf8, maskingKey: key, to: &output)
    #expect(output == expected)
  }

  @Test("A client masks with a key from the generator, a server does not mask (5.3)")
  func maskingOnSend() throws {
    var client = TestPeer(.client)
    try client.connection.send(text: "Hello", using: &client.generator)
    let output = client.connection.takeOutput()
    var expectedGenerator = SeededGenerator(seed: 6455)
    let key = MaskingKey(using: &expectedGenerator)
    #expect(output[1] == 0x85)
    #expect(output[2..<6].reduce(0) { $0 << 8 | UInt32($1) } == key.rawValue)

    var server = TestPeer(.server)
    #expect(server.receive(output) == [.text("Hello")])
    try server.connection.send(binary: [1, 2, 3], using: &server.generator)
    #expect(server.connection.takeOutput() == [0x82, 3, 1, 2, 3])
  }

  @Test("Each frame has a masking key of its own (5.3)")
  func freshKeys() throws {
    var client = TestPeer(.client)
    try client.connection.send(binary: [], using: &client.generator)
    let first = client.connection.takeOutput()
    try client.connection.send(binary: [], using: &client.generator)
    #expect(first != client.connection.takeOutput())
  }

  @Test("Masking by words agrees with masking by bytes, at every offset and alignment (5.3)")
  func maskingByWords() {
    let key = MaskingKey(rawValue: 0x37FA_213D)
    for offset in 0..<9 {
      for count in 0..<35 {
        for start in 0..<4 {
          let plain = (0..<UInt8(start + count)).map { $0 &* 7 }
          var masked = plain
          masked.withUnsafeMutableBytes {
            key.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]), offset: offset)
          }
          let expected = plain.enumerated().map { index, byte in
            index < start ? byte : byte ^ WireFrame.mask[(offset + index - start) % 4]
          }
          #expect(masked == expected)
        }
      }
    }
  }

  @Test(
    "Lengths take as few bytes as they need, and are read back (5.2)",
    arguments: [(0, 2), (1, 2), (125, 2), (126, 4), (127, 4), (65535, 4), (65536, 10), (70000, 10)])
  func lengths(payloadBytes: Int, headerBytes: Int) throws {
    let payload = (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0) }
    var server = TestPeer(.server)
    try server.connection.send(binary: payload, using: &server.generator)
    let output = server.connection.takeOutput()
    #expect(output.count == headerBytes + payloadBytes)
    #expect(output == WireFrame(FirstByte.wholeBinary, payload).bytes)
    var client = TestPeer(.client)
    #expect(client.receive(output) == [.binary(payload)])
  }

  @Test(
    "A length in more bytes than it needs, or with its highest bit set, is refused (5.2)",
    arguments: [
      [126, 0, 0], [126, 0, 125], [127, 0, 0, 0, 0, 0, 0, 0, 1], [127, 0, 0, 0, 0, 0, 0, 255, 255],
      [127, 128, 0, 0, 0, 0, 0, 0, 1],
    ] as [[UInt8]])
  func malformedLength(lengthBytes: [UInt8]) {
    var client = TestPeer()
    let frame = WireFrame(FirstByte.wholeBinary).with(lengthBytes: lengthBytes)
    #expect(client.receive(frame) == [.failed(.malformedPayloadLength)])
  }

  @Test("Reserved bits are refused (5.2)", arguments: [0x40, 0x20, 0x10, 0x70] as [UInt8])
  func reservedBits(bits: UInt8) {
    var client = TestPeer()
    #expect(client.receive(WireFrame(0x81 | bits, "x")) == [.failed(.reservedBitsSet)])
  }

  @Test(
    "Reserved opcodes are refused (5.2)",
    arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
  func reservedOpcode(opcode: UInt8) {
    var client = TestPeer()
    #expect(client.receive(WireFrame(0x80 | opcode)) == [.failed(.reservedOpcode(opcode))])
  }

  @Test("A masked frame from a server and an unmasked one from a client are refused (5.1)")
  func wrongMasking() {
    var client = TestPeer(.client)
    let masked = WireFrame(FirstByte.wholeText, "x", to: .server)
    #expect(client.receive(masked) == [.failed(.maskedFrameFromServer)])
    var server = TestPeer(.server)
    let plain = WireFrame(FirstByte.wholeText, "x", to: .client)
    #expect(server.receive(plain) == [.failed(.unmaskedFrameFromClient)])
  }

  @Test("A breach is reported before the frame is whole (5.2)")
  func failsOnHeader() {
    var client = TestPeer()
    #expect(client.receive([0xC1]) == [])
    #expect(client.receive([0x7F]) == [.failed(.reservedBitsSet)])
  }

  @Test(
    "Fragments become one message, empty ones too (5.4)",
    arguments: [WebSocketRole.client, .server])
  func fragments(role: WebSocketRole) {
    var peer = TestPeer(role)
    let events = peer.receive(
      WireFrame(FirstByte.text, "", to: role), WireFrame(FirstByte.continuation, "Hel", to: role),
      WireFrame(FirstByte.continuation, "", to: role),
      WireFrame(FirstByte.continuation, "l", to: role),
      WireFrame(FirstByte.lastContinuation, "o", to: role),
      WireFrame(FirstByte.binary, [1], to: role),
      WireFrame(FirstByte.lastContinuation, [], to: role))
    #expect(events == [.text("Hello"), .binary([1])])
  }

  @Test("Control frames may stand between fragments (5.4)")
  func interleavedControlFrames() {
    var client = TestPeer()
    let events = client.receive(
      WireFrame(FirstByte.text, "Hel"), WireFrame(FirstByte.ping, "a"),
      WireFrame(FirstByte.continuation, "l"), WireFrame(FirstByte.pong, "b"),
      WireFrame(FirstByte.lastContinuation, "o"))
    #expect(events == [.ping(Array("a".utf8)), .pong(Array("b".utf8)), .text("Hello")])
  }

  @Test(
    "A continuation needs a message to continue (5.4)",
    arguments: [FirstByte.continuation, FirstByte.lastContinuation])
  func orphanContinuation(firstByte: UInt8) {
    var client = TestPeer()
    #expect(client.receive(WireFrame(firstByte, "x")) == [.failed(.unexpectedContinuation)])

    var second = TestPeer()
    let events = second.receive(WireFrame(FirstByte.wholeText, "a"), WireFrame(firstByte, "x"))
    #expect(events == [.text("a"), .failed(.unexpectedContinuation)])
  }

  @Test(
    "A message must end before the next begins (5.4)",
    arguments: [
      FirstByte.text, FirstByte.wholeText, FirstByte.binary, FirstByte.wholeBinary,
    ])
  func interruptedMessage(firstByte: UInt8) {
    var client = TestPeer()
    let events = client.receive(WireFrame(FirstByte.binary, "a"), WireFrame(firstByte, "b"))
    #expect(events == [.failed(.interruptedMessage)])
  }

  @Test(
    "Control frames are neither fragmented nor longer than 125 bytes (5.5)",
    arguments: [FirstByte.close, FirstByte.ping, FirstByte.pong])
  func controlFrameForm(firstByte: UInt8) {
    var fragmented = TestPeer()
    #expect(
      fragmented.receive(WireFrame(firstByte & 0x0F, "x")) == [.failed(.fragmentedControlFrame)])
    var tooLong = TestPeer()
    let payload = [UInt8](repeating: 0x61, count: 126)
    #expect(tooLong.receive(WireFrame(firstByte, payload)) == [.failed(.controlFrameTooLong)])
  }
}
