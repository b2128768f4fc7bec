import TestSupport
import Testing

import WebSocketProtocol

@Suite("RFC 6455, section 5: a stream may be cut anywhere")
struct SplitTests {
  /// Random traffic from the peer of `role`: messages in random fragments with control frames
  /// between them, and what it means.
  private static func traffic(
    to role: WebSocketRole, using generator: inout SeededGenerator
  ) -> (wire: [UInt8], events: [WebSocketEvent]) {
    var wire: [UInt8] = []
    var events: [WebSocketEvent] = []
    func add(_ firstByte: UInt8, _ payload: [UInt8]) {
      var frame = WireFrame(firstByte, payload, to: role)
      if role == .server {
        frame.mask = (0..<4).map { _ in .random(in: 0...255, using: &generator) }
      }
      wire += frame.bytes
    }
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let isText = Bool.random(using: &generator)
      let scalars = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        ["a", "é", "⚡", "𝄞", "\u{0}"].randomElement(using: &generator) ?? ""
      }
      let payload = Array(scalars.joined().utf8)
      var rest = payload[...]
      var opcode = isText ? FirstByte.text : FirstByte.binary
      var isLast = false
      while !isLast {
        let piece = rest.prefix(Int.random(in: 0...150, using: &generator))
        rest = rest.dropFirst(piece.count)
        isLast = rest.isEmpty && Bool.random(using: &generator)
        add(opcode | (isLast ? 0x80 : 0), Array(piece))
        opcode = FirstByte.continuation
        guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
        let ping = (0..<Int.random(in: 0...9, using: &generator)).map { UInt8($0) }
        // Between fragments, or after the whole message: then the message is reported first.
        if isLast { continue }
        add(FirstByte.ping, ping)
        events.append(.ping(ping))
      }
      events.append(isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
    }
    add(FirstByte.close, [0x03, 0xE9] + Array("⚡".utf8))
    events.append(
      .closed(
        WebSocketClosure(
          code: WebSocketCloseCode(rawValue: 1001), reason: "⚡", initiator: .remote, isClean: true))
    )
    return (wire, events)
  }

  @Test(
    "Every cut in two gives the same events and the same answers",
    arguments: [WebSocketRole.client, .server], 1...40 as ClosedRange<UInt64>)
  func everyCutInTwo(role: WebSocketRole, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let (wire, events) = Self.traffic(to: role, using: &generator)
    var whole = TestPeer(role)
    #expect(whole.receive(wire) == events)
    let output = whole.connection.takeOutput()
    for cut in 0...wire.count {
      var peer = TestPeer(role)
      let received = peer.receive(Array(wire[..<cut])) + peer.receive(Array(wire[cut...]))
      #expect(received == events, "cut at \(cut)")
      #expect(peer.connection.takeOutput() == output, "cut at \(cut)")
    }
  }

  @Test(
    "Random cuts and single bytes give the same events and the same answers",
    arguments: [WebSocketRole.client, .server], 41...140 as ClosedRange<UInt64>)
  func randomCuts(role: WebSocketRole, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let (wire, events) = Self.traffic(to: role, using: &generator)
    var whole = TestPeer(role)
    #expect(whole.receive(wire) == events)
    let output = whole.connection.takeOutput()
    for longest in [1, 3, 17] {
      var peer = TestPeer(role)
      var received: [WebSocketEvent] = []
      var rest = wire[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...longest, using: &generator))
        received += peer.receive(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      #expect(received == events)
      #expect(peer.connection.takeOutput() == output)
    }
  }

  @Test(
    "What one end sends the other end receives",
    arguments: [WebSocketRole.client, .server], 1...50 as ClosedRange<UInt64>)
  func bothEnds(sender: WebSocketRole, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var from = TestPeer(sender)
    var into = TestPeer(sender == .client ? .server : .client)
    let lengths = [0, 1, 125, 126, 127, 65535, 65536, Int.random(in: 0...80000, using: &generator)]
    for length in lengths {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try from.connection.send(binary: payload, using: &generator)
      try from.connection.send(text: "⚡\(length)", using: &generator)
      let events = into.receive(from.connection.takeOutput())
      #expect(events == [.binary(payload), .text("⚡\(length)")])
    }
  }

  @Test(
    "Noise never gets past the first failure, however it is cut",
    arguments: [WebSocketRole.client, .server], 1...100 as ClosedRange<UInt64>)
  func noise(role: WebSocketRole, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let noise = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let limits = WebSocketLimits(maximumFramePayloadBytes: 200, maximumMessageBytes: 200)
    var whole = TestPeer(role, limits: limits)
    var bytewise = TestPeer(role, limits: limits)
    let events = whole.receive(noise) + whole.connection.receiveEOF()
    let cut = noise.flatMap { bytewise.receive([$0]) } + bytewise.connection.receiveEOF()
    #expect(events == cut)
    #expect(whole.connection.state == .closed)
    let terminal = events.filter {
      switch $0 {
      case .closed, .failed: true
      default: false
      }
    }
    #expect(terminal.count == 1)
    #expect(whole.connection.takeOutput() == bytewise.connection.takeOutput())
  }
}
