import BridgeModel
import LNbitsSource
import Testing

/// LNbits forgets payments: its clean-ups and `delete-wallet-payment` take the row away, and nobody
/// is told.
@Suite("A pending payment that its wallet forgets")
struct ForgottenPaymentTests {
  /// A wallet with one payment under way: 5000 msat, and 2000 set aside.
  private static func world(
    _ configuration: LNbitsConfiguration = World.configuration()
  ) -> World {
    var world = World.connected(configuration)
    world.add("p", -5000, fee: -2000, status: "pending") { $0.memo = "a loaf" }
    world.announce("p")
    world.run(configuration.usesSocket ? .seconds(2) : .seconds(61))
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
    world.forget()
    return world
  }

  private static let story: [Told] = [
    .payment("p", .failed), .balance(100_000_000, 7000, .payment),
  ]

  private func expectForgotten(_ world: World) {
    #expect(world.told == Self.story)
    #expect(world.source.wallet?.pendingOutgoing == .zero && world.balance == 100_000_000)
    #expect(world.status.books == .balanced && world.status.corrections == .zero)
    let payment = world.payments.first
    #expect(payment?.memo == "a loaf" && payment?.amount == Millisatoshi(5000))
    #expect(payment?.fee == .zero && payment?.settledAt == nil && payment?.isLate == false)
  }

  @Test("has failed, once, and the balance has its reserve back")
  func forgotten() {
    var world = Self.world()
    world.lnbits.rows = []
    world.run(.seconds(90))
    expectForgotten(world)
    world.run(.seconds(600))
    #expect(world.told == Self.story, "and never again")
  }

  @Test("is asked for by name, in two rounds a few seconds apart")
  func twoRounds() {
    var world = Self.world()
    world.lnbits.rows = []
    let start = world.now.uptime
    while world.told.isEmpty, world.now.uptime < start + .seconds(120) {
      world.run(.milliseconds(10))
    }
    let questions = world.requests.filter { $0.query.contains("payment_hash[in]=p&") }
    #expect(questions.count >= 2)
    world.run(.seconds(1))
    expectForgotten(world)
  }

  @Test("is noticed after a restart")
  func restart() {
    var world = Self.world()
    world.lnbits.rows = []
    world.restart()
    world.feed(.start)
    world.run(.seconds(90))
    expectForgotten(world)
    #expect(world.store.books[0].payments["p"]?.status == .failed)
  }

  @Test("is noticed where a correction has been published for it already")
  func afterCorrection() {
    var world = Self.world()
    // The wallet gives the sum back, and the row is still there.
    world.lnbits.unlisted += 7000
    world.run(.seconds(90))
    #expect(world.told == [.balance(100_000_000, 7000, .correction)])
    world.forget()
    world.lnbits.rows = []
    world.lnbits.unlisted -= 7000
    world.run(.seconds(200))
    #expect(world.told == [.payment("p", .failed)])
    #expect(world.source.wallet?.pendingOutgoing == .zero && world.balance == 100_000_000)
    #expect(world.status.books == .balanced && world.status.corrections == .zero)
  }

  @Test("without a socket too")
  func polling() {
    var world = Self.world(World.configuration(usesSocket: false))
    world.lnbits.rows = []
    world.run(.seconds(200))
    expectForgotten(world)
  }

  @Test("several at once, each")
  func several() {
    var world = World.connected()
    for number in 0..<120 {
      world.add("p\(number)", -1000, fee: -10, status: "pending")
    }
    world.run(.seconds(61))
    world.forget()
    world.lnbits.rows.removeAll { $0.id.hasSuffix("7") }
    world.run(.seconds(90))
    #expect(world.payments.count == 12 && world.payments.allSatisfy { $0.status == .failed })
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(108 * 1010))
    #expect(world.status.corrections == .zero)
  }

  @Test("and that is found after all, settles")
  func found() {
    var world = Self.world()
    let row = world.lnbits.rows[0]
    world.lnbits.rows = []
    world.run(.seconds(90))
    world.forget()
    world.lnbits.rows = [row]
    world.update("p") {
      $0.status = "success"
      $0.fee = -3
    }
    world.run(.seconds(61))
    #expect(world.told == [.payment("p", .settled), .balance(99_994_997, -5003, .payment)])
  }

  @Test("by a server that cannot be asked by hash, and has a long list")
  func beforeOne() {
    var world = World.connected { world in
      world.lnbits.refusesHashes = true
      world.lnbits.version = "0.12.12"
      world.add("p", -5000, fee: -2000, status: "pending") { $0.time = $0.time - .seconds(9999) }
      for number in 0..<1500 { world.add("old \(number)", 1000) }
    }
    world.run(.seconds(200))
    #expect(world.told == [] && world.status.state == .connected)
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
    world.lnbits.rows.removeFirst()
    world.run(.seconds(200))
    #expect(world.told == [.payment("p", .failed), .balance(101_500_000, 7000, .payment)])
    #expect(world.source.wallet?.pendingOutgoing == .zero && world.status.corrections == .zero)
  }

  // MARK: What is no sign of it

  @Test("one stale answer is none")
  func stale() {
    var world = Self.world()
    let rows = world.lnbits.rows
    world.lnbits.rows = []
    world.run(.seconds(59))
    world.frame("{\"wallet_balance\":1}")
    world.run(.seconds(2))
    world.lnbits.rows = rows
    world.run(.seconds(600))
    #expect(world.told == [] && world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
  }

  @Test("an outage is none")
  func outage() {
    var world = Self.world()
    for answer in [
      LNbitsStub.html(200), LNbitsStub.html(502), LNbitsStub.json(200, "[]"),
      LNbitsStub.json(200, "{}"), LNbitsStub.failure(.timeout),
    ] {
      world.lnbits.faults[.payments] = answer
      world.run(.seconds(200))
    }
    world.lnbits.faults = [:]
    world.run(.seconds(200))
    #expect(world.told == [] && world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
  }

  @Test("a server that passes over the filter shows a page of others: none either")
  func ignoredFilter() {
    var world = World.connected { world in
      world.lnbits.ignoresFilters = true
      world.lnbits.version = "1.1.0"
      world.add("p", -5000, fee: -2000, status: "pending") { $0.time = $0.time - .seconds(9999) }
      for number in 0..<1500 { world.add("old \(number)", 1000) }
    }
    // Listed first without an order, and the pending one after a thousand others.
    world.lnbits.rows.append(world.lnbits.rows.removeFirst())
    world.run(.seconds(600))
    #expect(world.told == [] && world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
  }

  @Test("the other leg of a payment to oneself is none")
  func otherLeg() {
    var world = World.connected()
    world.add("internal_p", -5000, status: "pending")
    world.add("p", 5000, status: "pending")
    world.run(.seconds(61))
    world.forget()
    world.lnbits.rows.removeAll { $0.id == "internal_p" }
    world.run(.seconds(90))
    #expect(world.told == [.payment("internal_p", .failed), .balance(100_000_000, 5000, .payment)])
  }

  @Test("found together with another's settlement, both are told in the order of their times")
  func order() {
    var world = World.connected { world in
      // Listed by time, so that both stand behind the first page and are asked for by name.
      world.lnbits.version = "1.0.0"
      world.lnbits.refusesSorting = true
      for id in ["forgotten", "settled"] {
        world.add(id, -5000, status: "pending") { $0.time = $0.time - .seconds(9999) }
      }
      for number in 0..<30 { world.add("newer \(number)", 1000) }
    }
    world.lnbits.rows.removeAll { $0.id == "forgotten" }
    while !world.requests.contains(where: { $0.query.contains("payment_hash[in]") }) {
      world.run(.milliseconds(100))
    }
    // Just before the question that decides, five seconds after the first.
    world.run(.milliseconds(4900))
    world.update("settled") { $0.status = "success" }
    world.run(.seconds(20))
    #expect(
      world.told.prefix(2) == [.payment("forgotten", .failed), .payment("settled", .settled)])
    #expect(world.commits == 2, "the payments in one commit, then the balance")
  }
}
