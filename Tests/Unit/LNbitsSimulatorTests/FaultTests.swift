import BridgeModel
import LNbitsSimulator
import Testing

@Suite("Faults and commands", .timeLimit(.minutes(1)))
struct FaultTests {
  @Test("Refused connections end without an answer, and the control API goes on")
  func refuse() async throws {
    try await ServerFixture.run { fixture in
      let on = try await fixture.control("fault", ["kind": "refuse", "on": true])
      #expect(on == ["faults": ["refuse"]])
      #expect(try await fixture.get("/api/v1/wallet") == nil)
      #expect(
        try await fixture.control("fault", ["kind": "refuse", "on": false]) == ["faults": []])
      #expect(try await fixture.get("/api/v1/wallet")?.status == 200)
    }
  }

  @Test("A proxy's page, LNbits' rate limit, a lost Upgrade")
  func answers() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.control("fault", ["kind": "bad_gateway", "on": true])
      let page = try await fixture.get("/api/v1/wallet")
      #expect(page?.status == 502)
      #expect(page?.head.contains("content-type: text/html") == true)
      _ = try await fixture.control("fault", ["kind": "bad_gateway", "on": false])

      _ = try await fixture.control("fault", ["kind": "rate_limit", "on": true])
      #expect(try await fixture.get("/api/v1/wallet")?.status == 429)
      let listener = try await fixture.listen()
      await listener.close()
      _ = try await fixture.control("fault", ["kind": "rate_limit", "on": false])

      _ = try await fixture.control("fault", ["kind": "drop_upgrade", "on": true])
      await #expect(throws: ServerFixture.Unreachable.self) { try await fixture.listen() }
      #expect(try await fixture.get("/api/v1/wallet")?.status == 200)
    }
  }

  @Test("A hanging server takes requests and never answers them")
  func hang() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.control("fault", ["kind": "hang", "on": true])
      let wire = try await fixture.wire()
      async let answer = wire.request("GET", "/api/v1/health")
      // The fault has to hold until the request has arrived.
      while !(try await fixture.control("state", [:]).text().contains("/api/v1/health")) {}
      _ = try await fixture.control("fault", ["kind": "hang", "on": false])
      #expect(try await fixture.get("/api/v1/wallet")?.status == 200)
      wire.close()
      #expect(await answer == nil)
    }
  }

  @Test("A slow server holds back each answer, in order")
  func slow() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.control("fault", ["kind": "slow", "ms": 40])
      let wire = try await fixture.wire()
      let clock = ContinuousClock()
      let took = try await clock.measure {
        let answer = try #require(await wire.request("GET", "/api/v1/health"))
        #expect(answer.status == 200)
      }
      #expect(took >= .milliseconds(40))
    }
  }

  @Test("A muted socket stays open and gets nothing")
  func mute() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      _ = try await fixture.control("fault", ["kind": "mute", "on": true])
      _ = try await fixture.control("credit", ["wallet": "alice", "amount_sat": 1])
      _ = try await fixture.control("fault", ["kind": "mute", "on": false])
      _ = try await fixture.control("credit", ["wallet": "alice", "amount_sat": 2])
      #expect(await listener.nextFrame()?.frameAmount == 2_000)
      await listener.close()
    }
  }

  @Test("A frame that is cut takes the connection with it")
  func cut() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      _ = try await fixture.control("fault", ["kind": "cut_frame", "on": true])
      _ = try await fixture.control("credit", ["wallet": "alice", "amount_sat": 1])
      #expect(await listener.closeCode() == 1006)
      await listener.close()
    }
  }

  @Test("Sockets are closed with a code, or dropped without one", arguments: [1011, 4000, nil])
  func close(code: Int64?) async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      _ = try await fixture.control("close_sockets", code.map { ["code": .integer($0)] } ?? [:])
      #expect(await listener.closeCode() == UInt16(code ?? 1006))
      await listener.close()
    }
  }

  @Test("A restart closes with 1012, refuses for a while, and is back on the same port")
  func restart() async throws {
    try await ServerFixture.run { fixture in
      let listener = try await fixture.listen()
      _ = try await fixture.control("restart", ["ms": 3000, "code": 1012])
      #expect(await listener.closeCode() == 1012)
      await listener.close()
      var attempts = 0
      while true {
        let wire = Wire(port: fixture.port, loop: fixture.loop)
        if await wire.open() {
          wire.close()
          break
        }
        attempts += 1
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(attempts > 0)
      #expect(try await fixture.get("/api/v1/wallet")?.status == 200)
    }
  }

  @Test("Every command on money does what it says")
  func commands() async throws {
    try await ServerFixture.run { fixture in
      func balance() async throws -> JSONValue? {
        try await fixture.get("/api/v1/wallet")?.json["balance"]
      }
      let bob = try await fixture.control("create_wallet", ["name": "bob"])
      #expect(bob["wallet"]?["balance_msat"] == 0)
      _ = try await fixture.control("debit", ["wallet": "alice", "amount_sat": 100])
      _ = try await fixture.control(
        "pay_internal", ["from": "alice", "to": "bob", "amount_sat": 50])
      _ = try await fixture.control("pay_self", ["wallet": "alice", "amount_sat": 7])
      #expect(try await balance() == 850_000)
      let invoice = try await fixture.control("invoice", ["wallet": "alice", "amount_sat": 10])
      let id = invoice["payment"]?["payment_hash"] ?? nil
      _ = try await fixture.control("pay_invoice_external", ["payment_id": id, "notify": false])
      _ = try await fixture.control("edit_amount", ["payment_id": id, "amount_msat": 20_000])
      #expect(try await balance() == 870_000)
      let sent = try await fixture.control(
        "pay_external", ["wallet": "alice", "amount_msat": 30_000, "kind": "pending"])
      #expect(try await balance() == 838_000)
      _ = try await fixture.control(
        "conclude_external",
        ["payment_id": sent["payment"]?["checking_id"] ?? nil, "settled": false])
      #expect(try await balance() == 870_000)
      let lost = try await fixture.control(
        "pay_external", ["wallet": "alice", "amount_msat": 30_000, "kind": "pending"])
      let forgotten = try await fixture.control(
        "forget_payment", ["payment_id": lost["payment"]?["checking_id"] ?? nil])
      #expect(forgotten["payment"]?["status"] == "pending")
      #expect(try await balance() == 870_000)
      let state = try await fixture.control("state", [:])
      #expect(state["requests"]?["/api/v1/wallet"] == 5)
      _ = try await fixture.control("reset_key", ["wallet": "alice"])
      #expect(try await fixture.get("/api/v1/wallet")?.status == 404)
    }
  }

  @Test(
    "A mistake is told, and nothing happens",
    arguments: [
      ("credit", ["wallet": "nobody", "amount_sat": 1], 400),
      ("credit", ["wallet": "alice", "amount_sat": 0], 400),
      ("debit", ["wallet": "alice", "amount_sat": 1_001], 400),
      ("pay_external", ["wallet": "alice", "amount_msat": 1, "kind": "magic"], 400),
      ("edit_amount", ["payment_id": "nothing", "amount_msat": 1], 400),
      ("fault", ["kind": "gremlin"], 400), ("close_sockets", ["code": 99], 400),
      ("forget_payment", ["payment_id": "nobody"], 400),
      ("behaviour", ["version": "9.9"], 400), ("abracadabra", [:], 404), ("credit", [1], 400),
    ] as [(String, JSONValue, Int)])
  func mistakes(command: String, body: JSONValue, status: Int) async throws {
    try await ServerFixture.run { fixture in
      let answer = try await fixture.request("POST", "/simulator/v1/" + command, body: body)
      #expect(answer?.status == status)
      #expect(answer?.json["detail"] != nil)
      #expect(try await fixture.get("/api/v1/wallet")?.json["balance"] == 1_000_000)
    }
  }

  @Test("The version can be changed while it runs")
  func behaviour() async throws {
    try await ServerFixture.run { fixture in
      let answer = try await fixture.control(
        "behaviour", ["version": "1.4.1", "frame_delay_ms": 5, "requests_per_minute": 0])
      #expect(answer == ["version": "1.4.1"])
      let behaviour = await fixture.server.perform { service, _, _ in service.lnbits.behaviour }
      #expect(behaviour.frameDelay == .milliseconds(5))
      #expect(behaviour.requestsPerMinute == nil)
      #expect(behaviour.outgoingFrameBalance == .beforePayment)
    }
  }
}
