import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 7: closing the connection")
struct ClosingTests {
  private func closeFrame(_ code: UInt16, _ reason: String = "") -> WireFrame {
    WireFrame(FirstByte.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
  }

  @Test("A Close frame is answered with its code, and ends the connection (5.5.1, 7.1.5)")
  func remoteClose() throws {
    var client = TestPeer()
    let events = client.receive(closeFrame(1012, "restart ⚡"))
    #expect(
      events == [
        .closed(
          WebSocketClosure(
            code: .serviceRestart, reason: "restart ⚡", initiator: .remote, isClean: true))
      ])
    #expect(client.connection.state == .closed)
    var server = TestPeer(.server)
    _ = try server.connection.close(.serviceRestart, using: &server.generator)
    #expect(
      server.receive(client.connection.takeOutput()) == [
        .closed(
          WebSocketClosure(code: .serviceRestart, reason: "", initiator: .local, isClean: true))
      ])
  }

  @Test("An empty Close frame is answered with an empty one, and means 1005 (7.1.5)")
  func closeWithoutCode() {
    var server = TestPeer(.server)
    let events = server.receive(WireFrame(FirstByte.close, [], to: .server))
    #expect(
      events == [
        .closed(
          WebSocketClosure(code: .noStatusReceived, reason: "", initiator: .remote, isClean: true))
      ])
    #expect(server.connection.takeOutput() == [0x88, 0])
  }

  @Test("After our Close frame messages still arrive, and the peer's answer ends it (7.1.2)")
  func localClose() throws {
    var client = TestPeer()
    try client.connection.close(
      WebSocketCloseCode(rawValue: 1001), reason: "bye", using: &client.generator)
    #expect(client.connection.state == .closing)
    _ = client.connection.takeOutput()
    let events = client.receive(WireFrame(FirstByte.wholeText, "late"), closeFrame(1001))
    #expect(
      events == [
        .text("late"),
        .closed(
          WebSocketClosure(
            code: .init(rawValue: 1001), reason: "", initiator: .local, isClean: true)),
      ])
    #expect(client.connection.takeOutput().isEmpty)
    #expect(client.connection.state == .closed)
  }

  @Test("Nothing is sent after a Close frame (5.5.1)")
  func nothingAfterClose() throws {
    var client = TestPeer()
    try client.connection.close(using: &client.generator)
    _ = client.connection.takeOutput()
    #expect(throws: WebSocketSendError.notOpen) {
      try client.connection.send(text: "x", using: &client.generator)
    }
    #expect(throws: WebSocketSendError.notOpen) {
      try client.connection.send(binary: [1], using: &client.generator)
    }
    #expect(throws: WebSocketSendError.notOpen) {
      try client.connection.ping(using: &client.generator)
    }
    try client.connection.close(using: &client.generator)
    #expect(client.connection.takeOutput().isEmpty)
  }

  @Test("What comes after the peer's Close frame is ignored (1.4)")
  func ignoresInputAfterClose() {
    var client = TestPeer()
    let events = client.receive(
      closeFrame(1000), WireFrame(FirstByte.wholeText, "x"), WireFrame(FirstByte.ping, "x"))
    #expect(events.count == 1)
    _ = client.connection.takeOutput()
    #expect(client.receive(WireFrame(FirstByte.ping, "x")) == [])
    #expect(client.connection.receiveEOF() == [])
    #expect(client.connection.takeOutput().isEmpty)
  }

  @Test("The end of the stream without a Close frame is 1006 (7.1.5)")
  func endOfStream() throws {
    var client = TestPeer()
    _ = client.receive([0x81, 0x05, 0x48])
    let lost = WebSocketClosure(
      code: .abnormalClosure, reason: "", initiator: .remote, isClean: false)
    #expect(client.connection.receiveEOF() == [.closed(lost)])
    #expect(client.connection.receiveEOF() == [])
    #expect(client.connection.state == .closed)
    #expect(client.connection.takeOutput().isEmpty)

    var closing = TestPeer()
    try closing.connection.close(using: &closing.generator)
    let unanswered = WebSocketClosure(
      code: .abnormalClosure, reason: "", initiator: .local, isClean: false)
    #expect(closing.connection.receiveEOF() == [.closed(unanswered)])
  }

  @Test(
    "Codes that are registered or private are accepted (7.4)",
    arguments: [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
      4999,
    ] as [UInt16])
  func allowedCode(code: UInt16) throws {
    var client = TestPeer()
    let closure = WebSocketClosure(
      code: WebSocketCloseCode(rawValue: code), reason: "", initiator: .remote, isClean: true)
    #expect(client.receive(closeFrame(code)) == [.closed(closure)])
    var own = TestPeer()
    try own.connection.close(WebSocketCloseCode(rawValue: code), using: &own.generator)
    #expect(own.connection.state == .closing)
  }

  @Test(
    "Reserved and undefined codes are neither accepted nor sent (7.4)",
    arguments: [
      0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ] as [UInt16])
  func forbiddenCode(code: UInt16) {
    var client = TestPeer()
    #expect(client.receive(closeFrame(code)) == [.failed(.forbiddenCloseCode(code))])
    var own = TestPeer()
    #expect(throws: WebSocketSendError.forbiddenCloseCode(code)) {
      try own.connection.close(WebSocketCloseCode(rawValue: code), using: &own.generator)
    }
    #expect(own.connection.state == .open)
  }

  @Test("Half a code is refused, and so is a reason that is not UTF-8 (5.5.1)")
  func malformedClosePayload() {
    var half = TestPeer()
    #expect(half.receive(WireFrame(FirstByte.close, [3])) == [.failed(.truncatedCloseCode)])
    var broken = TestPeer()
    let frame = WireFrame(FirstByte.close, [0x03, 0xE8, 0xCE, 0xBA, 0xE1])
    #expect(broken.receive(frame) == [.failed(.invalidUTF8)])
  }

  @Test("Our reason is at most 123 bytes (5.5.1)")
  func reasonLimit() throws {
    var server = TestPeer(.server)
    let reason = String(repeating: "é", count: 61) + "x"
    #expect(throws: WebSocketSendError.reasonTooLong) {
      try server.connection.close(reason: reason + "x", using: &server.generator)
    }
    try server.connection.close(reason: reason, using: &server.generator)
    #expect(server.connection.takeOutput() == closeFrame(1000, reason).bytes)
  }

  @Test(
    "A failure tells the peer why, once, and ends the connection (7.1.7, 7.4.1)",
    arguments: [
      (WireFrame(0x83), 1002), (WireFrame(FirstByte.wholeText, [0xFF]), 1007),
      (WireFrame(FirstByte.wholeBinary, [1, 2, 3, 4, 5]), 1009),
    ] as [(WireFrame, UInt16)])
  func failureCode(frame: WireFrame, code: UInt16) throws {
    let limits = WebSocketLimits(maximumMessageBytes: 4)
    var client = TestPeer(.client, limits: limits)
    let events = client.receive(WireFrame(FirstByte.wholeText, "good"), frame)
    #expect(events.count == 2)
    #expect(events.first == .text("good"))
    #expect(client.connection.state == .closed)
    var server = TestPeer(.server)
    let closure = WebSocketClosure(
      code: WebSocketCloseCode(rawValue: code), reason: "", initiator: .remote, isClean: true)
    #expect(server.receive(client.connection.takeOutput()) == [.closed(closure)])
    #expect(client.receive(WireFrame(FirstByte.ping)) == [])
    #expect(client.connection.receiveEOF() == [])
    #expect(throws: WebSocketSendError.notOpen) {
      try client.connection.send(text: "x", using: &client.generator)
    }
  }

  @Test("A failure after our Close frame sends no second one (5.5.1)")
  func failureWhileClosing() throws {
    var client = TestPeer()
    try client.connection.close(using: &client.generator)
    _ = client.connection.takeOutput()
    #expect(client.receive(WireFrame(0x83)) == [.failed(.reservedOpcode(3))])
    #expect(client.connection.takeOutput().isEmpty)
    #expect(client.connection.state == .closed)
  }
}
