import BridgeModel
import LNbitsSource
import Testing

/// Anyone who knows the invoice key can have LNbits relay any text. It costs a few questions and
/// changes nothing.
@Suite struct ForgedFrameTests {
  @Test(arguments: [
    "", "hello", "null", "[]", "{}", "{\"wallet_balance\":null}", "{\"wallet_balance\":1.5}",
    "{\"wallet_balance\":\"1\"}", "{\"wallet_balance\":1e30}",
    "{\"wallet_balance\":2100000000000001}", "{\"payment\":{}}", "{\"payment\":{\"amount\":1}}",
    "{\"payment\":{\"payment_hash\":\"a\",\"amount\":0.5,\"status\":\"success\"}}",
    "{\"payment\":{\"payment_hash\":\"a\",\"amount\":1,\"status\":\"paid\"}}",
    "{\"payment\":{\"payment_hash\":\"\",\"amount\":1,\"status\":\"success\"}}",
    "{'wallet_balance': 1}", "\u{0}", String(repeating: "[", count: 100_000),
    "{\"payment\":{\"payment_hash\":\"a\",\"amount\":2000000000000000000,"
      + "\"fee\":-200000000000000000,\"status\":\"success\"}}",
  ])
  func `what is no frame is rejected, counted and asked about`(text: String) {
    var world = World.connected()
    world.frame(text)
    #expect(world.status.frames.received == 1 && world.status.frames.rejected == 1)
    #expect(world.count(.payments) == 1)
    world.run(.seconds(5))
    #expect(world.told == [] && world.status.state == .connected)
  }

  @Test func `a forged payment is asked for, for a while, and never told`() {
    var world = World.connected()
    let row = WalletRow("forged", 1_000_000_000, at: world.now.wall)
    world.frame(row.frame(balance: 1_000_000))
    world.run(.seconds(50))
    #expect(world.told == [] && world.balance == 100_000_000)
    #expect(world.count(.payments) <= 8 && world.count(.wallet) <= 8)
    #expect(world.status.books == .balanced)
  }

  @Test(arguments: [true, false])
  func `a thousand frames in a second cost a handful of questions`(namesPayments: Bool) {
    var world = World.connected()
    for number in 0..<1000 {
      let row = WalletRow("forged \(number)", 1000, at: world.now.wall)
      world.frame(namesPayments ? row.frame(balance: 5) : "{\"wallet_balance\":\(number)}")
      world.run(.milliseconds(1))
    }
    #expect(world.count(.payments) <= 6 && world.count(.wallet) <= 6)
    #expect(world.status.frames.received == 1000)
    #expect(world.told == [])
  }

  @Test func `forged frames without end stay below the limit of an origin`() {
    var world = World.connected()
    for number in 0..<1200 {
      let row = WalletRow("forged \(number)", 1000, at: world.now.wall)
      world.frame(row.frame(balance: 5))
      world.run(.milliseconds(50))
    }
    #expect(world.count(.payments) <= 125)
    world.forget()
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
  }

  /// Each reading finds more than the one before, so a round reads three times.
  @Test func `a burst of true frames is told completely, for a few dozen questions`() {
    var world = World.connected()
    for number in 0..<1000 {
      world.add("p\(number)", 1000)
      world.announce("p\(number)")
      world.run(.milliseconds(1))
    }
    #expect(world.count(.wallet) <= 18)
    world.run(.seconds(5))
    #expect(Set(world.payments.map(\.paymentID)).count == 1000)
    #expect(world.payments.count == 1000)
    #expect(world.balance == 101_000_000)
    #expect(world.requests.count <= 50)
  }
}
