import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, sections 5.5.2 and 5.5.3: ping and pong")
struct ControlFrameTests {
  @Test("A ping is answered with its own payload, in order (5.5.2)", arguments: [0, 1, 4, 125])
  func pingIsAnswered(payloadBytes: Int) {
    let payload = [UInt8](repeating: 0xFE, count: payloadBytes)
    var server = TestPeer(.server)
    let events = server.receive(
      WireFrame(FirstByte.ping, payload, to: .server), WireFrame(FirstByte.ping, "2", to: .server))
    #expect(events == [.ping(payload), .ping([0x32])])
    let expected = WireFrame(FirstByte.pong, payload).bytes + WireFrame(FirstByte.pong, "2").bytes
    #expect(server.connection.takeOutput() == expected)
    #expect(server.connection.takeOutput().isEmpty)
  }

  @Test("A client masks its pong (5.3)")
  func clientPongIsMasked() {
    var client = TestPeer(.client)
    _ = client.receive(WireFrame(FirstByte.ping, "beat"))
    var server = TestPeer(.server)
    #expect(server.receive(client.connection.takeOutput()) == [.pong(Array("beat".utf8))])
  }

  @Test("A pong that nobody asked for is reported and not answered (5.5.3)")
  func unsolicitedPong() {
    var client = TestPeer()
    #expect(client.receive(WireFrame(FirstByte.pong, "x")) == [.pong([0x78])])
    #expect(client.connection.takeOutput().isEmpty)
  }

  @Test("Our ping is at most 125 bytes (5.5)")
  func pingLimit() throws {
    var server = TestPeer(.server)
    let longest = [UInt8](repeating: 7, count: 125)
    try server.connection.ping(longest, using: &server.generator)
    #expect(server.connection.takeOutput() == WireFrame(FirstByte.ping, longest).bytes)
    #expect(throws: WebSocketSendError.controlPayloadTooLong) {
      try server.connection.ping(longest + [7], using: &server.generator)
    }
    #expect(server.connection.takeOutput().isEmpty)
  }

  @Test("A flood of pings costs bounded memory, and the latest is answered (5.5.3)")
  func pingFlood() {
    let limit = 64
    var server = TestPeer(.server, limits: WebSocketLimits(maximumOutputBytesForEveryPong: limit))
    for round in 0..<1000 {
      _ = server.receive(WireFrame(FirstByte.ping, "\(round)", to: .server))
    }
    let output = server.connection.takeOutput()
    #expect(output.count <= limit + 2 * (2 + 125))
    var client = TestPeer(.client)
    #expect(client.receive(output).last == .pong(Array("999".utf8)))
    #expect(server.connection.takeOutput().isEmpty)
  }

  @Test("A pong that waited goes out before our Close frame, never after it (5.5.1)")
  func deferredPongBeforeClose() throws {
    var server = TestPeer(.server, limits: WebSocketLimits(maximumOutputBytesForEveryPong: 0))
    _ = server.receive(
      WireFrame(FirstByte.ping, "1", to: .server), WireFrame(FirstByte.ping, "2", to: .server))
    try server.connection.close(using: &server.generator)
    let expected =
      WireFrame(FirstByte.pong, "1").bytes + WireFrame(FirstByte.pong, "2").bytes
      + WireFrame(FirstByte.close, [0x03, 0xE8]).bytes
    #expect(server.connection.takeOutput() == expected)
  }
}
