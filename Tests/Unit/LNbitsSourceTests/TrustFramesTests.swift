import BridgeModel
import LNbitsSource
import TestSupport
import Testing

/// `trust = "frames"`: a frame's word is published at once, the payment first; REST audits.
@Suite struct TrustFramesTests {
  private static let unreachable: [LNbitsStub.Route: LNbitsStub.Answer] = [
    .version: LNbitsStub.failure(.network), .payments: LNbitsStub.failure(.network),
    .wallet: LNbitsStub.failure(.network),
  ]

  private func row(_ id: String, _ amount: Int64, fee: Int64 = 0, _ world: World) -> WalletRow {
    WalletRow(id, amount, fee: fee, at: world.now.wall)
  }

  // MARK: Without REST

  /// A wallet of which only frames tell.
  private func framesOnly(
    _ outgoing: LNbitsConfiguration.OutgoingBalance = .auto
  ) -> World {
    World.connected(World.configuration(trust: .frames, outgoing: outgoing)) {
      $0.lnbits.faults = Self.unreachable
    }
  }

  @Test func `an open socket is all it takes to be connected`() {
    var world = framesOnly()
    #expect(world.status.state == .connected && world.status.delivery == .live)
    #expect(world.status.trust == "frames" && world.status.books == .unknown)
    #expect(world.balance == nil)
    world.run(.seconds(300))
    #expect(world.status.state == .connected && world.announcements.isEmpty)
  }

  @Test func `the first frame tells the payment and the first balance`() {
    var world = framesOnly()
    world.frame(row("a", 21_000, world).frame(balance: 121))
    #expect(world.told == [.payment("a", .settled), .balance(121_000, 0, .initial)])
    world.frame("{\"wallet_balance\":130}")
    #expect(world.told.dropFirst(2) == [.balance(130_000, 9000, .frame)])
  }

  @Test func `a refused key is still a verdict`() {
    var world = framesOnly()
    let refusal = LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#)
    world.lnbits.faults = [.payments: refusal, .wallet: refusal]
    world.run(.seconds(90))
    #expect(world.status.state == .failed && world.status.reason == .credentials)
  }

  struct Outgoing: Sendable, CustomTestStringConvertible {
    var what: String
    var setting: LNbitsConfiguration.OutgoingBalance
    /// What the frame says after 1000 sats less 10 and a fee of 1.
    var reported: Int64
    var balance: Int64

    var testDescription: String { what }
  }

  @Test(arguments: [
    Outgoing(what: "set to after", setting: .after, reported: 989, balance: 989_000),
    Outgoing(what: "set to before", setting: .before, reported: 1000, balance: 989_000),
    Outgoing(what: "the book fits after", setting: .auto, reported: 989, balance: 989_000),
    Outgoing(what: "the book fits before", setting: .auto, reported: 1000, balance: 989_000),
    Outgoing(
      what: "neither fits: the newest release says after", setting: .auto, reported: 500,
      balance: 500_000),
    Outgoing(
      what: "set to after, against the book", setting: .after, reported: 1000, balance: 1_000_000),
    Outgoing(
      what: "set to before, against the book", setting: .before, reported: 989, balance: 978_000),
  ])
  func `an outgoing payment's balance goes by the rule, with the fee`(rule: Outgoing) {
    var world = framesOnly(rule.setting)
    world.frame("{\"wallet_balance\":1000}")
    world.forget()
    world.frame(row("out", -10_000, fee: -1000, world).frame(balance: rule.reported))
    let change = rule.balance - 1_000_000
    #expect(
      world.told
        == [.payment("out", .settled)]
        + (change == 0 ? [] : [.balance(rule.balance, change, .payment)]))
  }

  @Test func `a frame that names its payment again tells nothing, and is counted`() {
    var world = framesOnly()
    let frame = row("a", 21_000, world).frame(balance: 121)
    world.frame(frame)
    world.forget()
    world.frame("{\"wallet_balance\":150}")
    world.frame(frame)
    #expect(world.told == [.balance(150_000, 29_000, .frame)])
    #expect(world.status.frames.duplicate == 1)
  }

  @Test func `a payment that was told stays told with the next socket`() {
    var world = framesOnly()
    let frame = row("a", 21_000, world).frame(balance: 121)
    world.frame(frame)
    world.close(1012)
    world.run(.seconds(3))
    world.forget()
    world.frame(frame)
    #expect(world.told == [] && world.status.frames.duplicate == 0)
  }

  @Test func `the book keeps its msat while they round down to the frame's`() {
    var world = framesOnly()
    world.frame("{\"wallet_balance\":100}")
    world.frame(row("a", 1500, world).frame(balance: 101))
    #expect(world.balance == 101_500)
    world.frame(row("b", 1499, world).frame(balance: 102))
    #expect(world.balance == 102_999)
    world.frame(row("c", 1, world).frame(balance: 103))
    #expect(world.balance == 103_000)
    world.frame(row("d", 1000, world).frame(balance: 200))
    #expect(world.balance == 200_000, "the frame's word, where the book does not fit it")
  }

  @Test func `a burst with one final number tells it once, and keeps the msat`() {
    var world = framesOnly()
    world.frame("{\"wallet_balance\":100}")
    world.forget()
    for number in 1...3 { world.frame(row("p\(number)", 1500, world).frame(balance: 104)) }
    #expect(
      world.told == [
        .payment("p1", .settled), .balance(104_000, 4000, .payment), .payment("p2", .settled),
        .payment("p3", .settled), .balance(104_500, 500, .payment),
      ])
  }

  @Test func `a payment without a balance moves none`() {
    var world = framesOnly()
    world.frame(row("a", 21_000, world).frame(balance: nil))
    #expect(world.told == [.payment("a", .settled)])
  }

  @Test func `forged millions end at all the money there is`() {
    var world = framesOnly()
    for number in 0..<10 {
      world.frame(row("p\(number)", 2_000_000_000_000_000_000, world).frame(balance: 1))
    }
    #expect(world.payments.count == 1 && world.status.frames.rejected == 9)
    for number in 0..<10 {
      world.frame(
        WalletRow("q\(number)", -2_000_000_000_000_000_000, status: "pending", at: world.now.wall)
          .frame(balance: -2_000_000_000_000_000))
    }
    #expect(world.payments.count == 2 && world.status.frames.rejected == 18)
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(2_000_000_000_000_000_000))
  }

  // MARK: The store

  @Test func `frames while a commit is under way wait for it, and go into the next one in order`() {
    var source = LNbitsSource(
      World.configuration(trust: .frames),
      now: Instant(uptime: .zero, wall: Timestamp(milliseconds: 0)))
    let now = Instant(uptime: .seconds(1), wall: Timestamp(milliseconds: 1_795_000_000_000))
    var random = SeededGenerator(seed: 1)
    func commits(_ input: SourceInput) -> [[String]] {
      source.handle(input, now: now, using: &random).compactMap { effect in
        guard case .commit(let commit) = effect else { return nil }
        return commit.payments.map(\.paymentID)
      }
    }
    for input in [SourceInput.start, .book(nil), .socketOpened(SocketID(1))] {
      #expect(commits(input) == [])
    }
    func frame(_ id: String, _ amount: Int64 = 1000) -> SourceInput {
      .socketText(SocketID(1), WalletRow(id, amount, at: now.wall).frame(balance: 5))
    }
    #expect(commits(frame("a")) == [["a"]])
    #expect(commits(frame("b")) == [] && commits(frame("c")) == [])
    #expect(commits(frame("out", -1000)) == [] && commits(frame("d")) == [])
    #expect(commits(.committed) == [["b", "c"]])
    #expect(commits(.committed) == [["out"]], "it may have to do with those before it")
    #expect(commits(.committed) == [["d"]])
    #expect(commits(.committed) == [])
  }

  @Test func `frames that could not be written are told once, in order, when they can`() {
    var world = framesOnly()
    world.frame("{\"wallet_balance\":100}")
    world.forget()
    world.store.fails = true
    world.frame(row("a", 1000, world).frame(balance: 101))
    world.frame(row("b", 1000, world).frame(balance: 102))
    #expect(world.told == [] && world.balance == 100_000)
    #expect(world.status.state == .error && world.status.reason == .storage)
    world.run(.seconds(30))
    world.store.fails = false
    world.run(.seconds(10))
    #expect(
      world.told == [
        .payment("a", .settled), .balance(101_000, 1000, .payment), .payment("b", .settled),
        .balance(102_000, 1000, .payment),
      ])
    #expect(world.status.state == .connected)
  }

  @Test func `a frame before the book is read begins no second one`() {
    var world = World.connected(World.configuration(trust: .frames)) { $0.add("a", 1000) }
    world.restart(World.configuration(trust: .frames))
    world.store.fails = true
    world.feed(.start)
    world.run(.milliseconds(20))
    world.frame(row("a", 1000, world).frame(balance: 100_001))
    world.store.fails = false
    world.run(.seconds(10))
    #expect(world.told == [] && world.balance == 100_001_000)
  }

  // MARK: With REST

  private func audited() -> World {
    World.connected(World.configuration(trust: .frames))
  }

  @Test func `a frame is told at once, and the audit finds nothing to add`() {
    var world = audited()
    #expect(world.status.books == .balanced && world.balance == 100_000_000)
    world.add("a", 21_766)
    world.announce("a")
    #expect(world.told == [.payment("a", .settled), .balance(100_021_766, 21_766, .payment)])
    world.run(.seconds(90))
    #expect(world.events.count == 2 && world.status.books == .balanced)
  }

  @Test func `what the first audit puts right is among the corrections`() {
    var world = framesOnly()
    world.frame("{\"wallet_balance\":99999}")
    world.forget()
    world.lnbits.faults = [:]
    world.run(.seconds(200))
    #expect(world.told == [.balance(100_000_000, 1000, .correction)])
    #expect(world.status.books == .balanced && world.status.corrections == Millisatoshi(1000))
    #expect(world.status.lastCorrectionAt != nil && world.status.unexplained == .zero)
  }

  @Test func `the audit tells what sends no frame`() {
    var world = audited()
    world.add("internal_d", -5000) { $0.hasExpiry = false }
    world.run(.seconds(61))
    #expect(
      world.told == [.payment("internal_d", .settled), .balance(99_995_000, -5000, .payment)])
  }

  @Test func `an audit ahead of an outgoing payment's frame is not undone by it`() {
    var world = World.connected(World.configuration(trust: .frames)) { $0.lnbits.version = "1.4.1" }
    world.add("out", -10_000, fee: -1500)
    world.run(.seconds(61))
    #expect(world.told == [.payment("out", .settled), .balance(99_988_500, -11_500, .payment)])
    world.forget()
    world.frame(world.lnbits.rows[0].frame(balance: 100_000))
    #expect(world.told == [], "the frame says what was there before the payment")
  }

}
