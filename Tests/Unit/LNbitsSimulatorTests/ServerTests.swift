import BridgeModel
import EventLoop
import LNbitsSimulator
import Testing
import WebSocketProtocol

@Suite("On real sockets", .timeLimit(.minutes(1)))
struct ServerTests {
  @Test("REST answers, several requests on one connection")
  func rest() async throws {
    try await ServerFixture.run { fixture in
      let wire = try await fixture.wire()
      let headers = ["x-api-KEY": fixture.alice.invoiceKey]
      for _ in 0..<3 {
        let response = try #require(await wire.request("GET", "/api/v1/wallet", headers: headers))
        #expect(response.status == 200)
        #expect(response.json == ["balance": 1_000_000, "name": "alice"])
      }
      let missing = await wire.request("GET", "/api/v1/wallet", headers: ["X-Api-Key": "zz"])
      #expect(missing?.status == 404)
    }
  }

  @Test("A request may come in pieces, and two in one")
  func pieces() async throws {
    try await ServerFixture.run { fixture in
      let wire = try await fixture.wire()
      let bytes = Wire.bytes(
        "POST", "/api/v1/payments", headers: ["X-Api-Key": fixture.alice.invoiceKey],
        body: ["out": false, "amount": 5, "memo": "☕"])
      for byte in bytes { wire.send([byte]) }
      #expect(await wire.response()?.json["amount"] == 5_000)
      let health = Wire.bytes("GET", "/api/v1/health")
      wire.send(health + Wire.bytes("GET", "/nope", headers: ["Connection": "close"]))
      var text: [UInt8] = []
      while let more = await wire.receive() { text += more }
      let answers = String(decoding: text, as: UTF8.self)
      #expect(answers.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answers.contains("HTTP/1.1 404 Not Found\r\n"))
    }
  }

  @Test(
    "What is no HTTP is refused and cut off",
    arguments: [
      ("nonsense\r\n\r\n", 400), ("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
      ("GET /" + String(repeating: "x", count: 70_000) + " HTTP/1.1\r\n\r\n", 431),
    ])
  func malformed(text: String, status: Int) async throws {
    try await ServerFixture.run { fixture in
      let wire = try await fixture.wire()
      wire.send(Array(text.utf8))
      #expect(await wire.response()?.status == status)
      #expect(await wire.receive() == nil)
    }
  }

  @Test("A payment reaches every listener of its key, and nobody else's")
  func frames() async throws {
    try await ServerFixture.run { fixture in
      let first = try await fixture.listen()
      let second = try await fixture.listen()
      let other = try await fixture.listen("somebody-else")
      let answer = try await fixture.control(
        "incoming_external", ["wallet": "alice", "amount_sat": 21, "memo": "coffee ☕"])
      #expect(answer["payment"]?["status"] == "success")
      for listener in [first, second] {
        let frame = await listener.nextFrame()
        #expect(frame?.frameBalance == 1021 && frame?.frameAmount == 21_000)
        #expect(frame?["payment"]?["memo"] == "coffee ☕")
      }
      _ = try await fixture.request("POST", "/api/v1/ws/somebody-else?data=%22only+you%22")
      #expect(await other.nextFrame() == "only you")
      for listener in [first, second, other] { await listener.close() }
    }
  }

  @Test("What is due later happens by itself")
  func later() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      let answer = try await fixture.control(
        "pay_external",
        ["wallet": "alice", "amount_msat": 10_000, "fee_msat": 1_234, "delay_ms": 50])
      #expect(answer["payment"]?["status"] == "pending")
      let frame = await listener.nextFrame()
      #expect(frame?.frameAmount == -10_000)
      #expect(frame?["payment"]?["fee"] == -1_234)
      #expect(try await fixture.get("/api/v1/wallet")?.json["balance"] == 988_766)
      await listener.close()
    }
  }

  @Test("A thousand payments at once arrive as a thousand frames with one balance")
  func burst() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      let answer = try await fixture.control("burst", ["wallet": "alice", "count": 1_000])
      #expect(answer["payment_ids"]?.elements.count == 1_000)
      for _ in 0..<1_000 { #expect(await listener.nextFrame()?.frameBalance == 2_000) }
      await listener.close()
    }
  }

  @Test("A handshake needs the path without a slash at its end")
  func handshake() async throws {
    try await ServerFixture.run { fixture in
      for target in ["/api/v1/ws/key/", "/api/v1/ws", "/api/v1/wallet"] {
        let listener = try await Listener.open(target, port: fixture.port, loop: fixture.loop)
        #expect(listener == nil, "\(target)")
      }
    }
  }

  @Test("It pings a listener again and again")
  func pings() async throws {
    try await ServerFixture.run(heartbeat: .init(interval: .milliseconds(5))) { fixture in
      let listener = try await fixture.listen()
      for _ in 0..<5 {
        guard case .ping = await listener.next() else {
          Issue.record("expected a ping")
          return
        }
      }
      await listener.close()
    }
  }

  @Test("It closes with 1011 when no pong comes")
  func noPong() async throws {
    let heartbeat = SimulatorServer.Heartbeat(
      interval: .milliseconds(5), timeout: .milliseconds(5))
    try await ServerFixture.run(heartbeat: heartbeat) { fixture in
      // A peer that writes its handshake and nothing more, so that it never answers.
      let wire = try await fixture.wire()
      wire.send(
        Wire.bytes(
          "GET", "/api/v1/ws/key",
          headers: [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
          ]))
      var bytes: [UInt8] = []
      while let more = await wire.receive() { bytes += more }
      let closeFrame: [UInt8] = [0x88, 2, 0x03, 0xF3]
      #expect(Array(bytes.suffix(4)) == closeFrame)
    }
  }

  @Test("A stop in good order closes with 1012")
  func stop() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      async let stopped: Void = fixture.server.stop()
      #expect(await listener.closeCode() == 1012)
      await listener.close()
      await stopped
      let wire = Wire(port: fixture.port, loop: fixture.loop)
      #expect(await wire.open() == false)
    }
  }

  @Test("A binary frame ends the delivery of its key")
  func binary() async throws {
    try await ServerFixture.run { fixture in
      let careless = try await fixture.listen()
      let other = try await fixture.listen(fixture.alice.adminKey)
      try await careless.send(binary: [1, 2, 3])
      #expect(await careless.closeCode() == 1011)
      let later = try await fixture.listen()
      _ = try await fixture.control("credit", ["wallet": "alice", "amount_sat": 1])
      #expect(await other.nextFrame()?.frameBalance == 1001)
      // The admin key's frame is sent after the invoice key's: had that one been sent, it would be
      // here.
      _ = try await fixture.control("close_sockets", ["code": 1000])
      #expect(await later.next() != nil)
      #expect(await later.nextFrame() == nil)
      for listener in [careless, other, later] { await listener.close() }
    }
  }

  @Test("The demonstration's shop trades on its own")
  func shop() async throws {
    let loop = try EventLoop(name: "simulator-test")
    let server = SimulatorServer(loop: loop, scenario: .shop, seed: 2)
    let port = try await server.start()
    let wallets = await server.wallets
    #expect(wallets.map(\.name) == ["till", "savings"])
    let wire = Wire(port: port, loop: loop)
    #expect(await wire.open())
    var total: Int64 = 0
    for _ in 0..<600 where total <= 121 {
      let answer = await wire.request(
        "GET", "/api/v1/payments/paginated?limit=1000",
        headers: ["X-Api-Key": wallets[0].invoiceKey])
      total = answer?.json["total"]?.integerValue ?? 0
      #expect(total >= 121, "its past is there from the start")
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(total > 121)
    wire.close()
    await server.stop()
    await loop.shutDown()
  }
}
