import Testing

import WebSocketProtocol

@Suite("RFC 6455, section 10.4: limits")
struct LimitTests {
  private let limits = WebSocketLimits(maximumFramePayloadBytes: 4, maximumMessageBytes: 6)

  @Test("A frame of the limit is accepted; one byte more fails on its header")
  func frameLimit() {
    var client = TestPeer(limits: limits)
    let longest = WireFrame(FirstByte.wholeBinary, [1, 2, 3, 4])
    #expect(client.receive(longest) == [.binary([1, 2, 3, 4])])
    #expect(client.receive([0x82, 5]) == [.failed(.frameTooBig(limitBytes: 4))])
  }

  @Test("A message of the limit is accepted; one byte more fails on its header")
  func messageLimit() {
    var client = TestPeer(limits: limits)
    let events = client.receive(
      WireFrame(FirstByte.binary, [1, 2, 3, 4]), WireFrame(FirstByte.lastContinuation, [5, 6]))
    #expect(events == [.binary([1, 2, 3, 4, 5, 6])])
    #expect(client.receive(WireFrame(FirstByte.binary, [1, 2, 3, 4])) == [])
    #expect(client.receive([0x00, 3]) == [.failed(.messageTooBig(limitBytes: 6))])
  }

  @Test("The greatest length that can be written fails without arithmetic overflow")
  func greatestLength() {
    var client = TestPeer(
      limits: WebSocketLimits(maximumFramePayloadBytes: .max, maximumMessageBytes: 1 << 20))
    #expect(client.receive(WireFrame(FirstByte.binary, [1])) == [])
    let frame = WireFrame(FirstByte.continuation)
      .with(lengthBytes: [127, 127, 255, 255, 255, 255, 255, 255, 255])
    #expect(client.receive(frame) == [.failed(.messageTooBig(limitBytes: 1 << 20))])
  }

  @Test("Control frames do not count against a message")
  func controlFramesAreFree() {
    var client = TestPeer(limits: limits)
    let ping = [UInt8](repeating: 0, count: 125)
    let events = client.receive(
      WireFrame(FirstByte.binary, [1, 2, 3, 4]), WireFrame(FirstByte.ping, ping),
      WireFrame(FirstByte.lastContinuation, [5, 6]))
    #expect(events == [.ping(ping), .binary([1, 2, 3, 4, 5, 6])])
  }

  @Test("A message may come in very many very small fragments")
  func manySmallFragments() {
    let count = 200_000
    var wire: [UInt8] = [0x02, 0]
    for index in 0..<count { wire += [0x00, 1, UInt8(truncatingIfNeeded: index)] }
    wire += [0x80, 0]
    var client = TestPeer()
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    #expect(client.receive(wire) == [.binary(payload)])
  }
}
