import BridgeModel
import LNbitsSource
import Testing

/// Whatever a server claims, no sum over what is kept can be larger than all the money there is,
/// and no text longer than what people write.
@Suite("Numbers and texts of a hostile server")
struct BoundsTests {
  private static let most: Int64 = 2_100_000_000_000_000_000

  /// The sums that anybody may make of the stored payments; traps on overflow.
  private static func sums(_ world: World) -> [Int64] {
    var sums = (incoming: Int64(0), outgoing: Int64(0), fee: Int64(0))
    for payment in world.store.books.flatMap({ $0.payments.values })
    where payment.status != .failed {
      switch payment.direction {
      case .incoming: sums.incoming += payment.amount.value
      case .outgoing: sums.outgoing += payment.amount.value
      }
      sums.fee += payment.fee.value
    }
    return [sums.incoming, sums.outgoing, sums.fee]
  }

  /// In turn incoming and outgoing, so that their net stays small.
  private static func rows(_ kind: Int, _ number: Int) -> (amount: Int64, fee: Int64) {
    let sign: Int64 = number % 2 == 0 ? 1 : -1
    return switch kind {
    case 0: (sign * (most - 1000), 0)
    case 1: (sign * most, 0)
    case 2: (sign, -(most - 1))
    default: (sign * most / 2, -most / 2)
    }
  }

  @Test("are held to all the money there is, each direction by itself", arguments: 0..<4)
  func turnover(kind: Int) {
    var world = World.connected()
    for number in 0..<20 {
      let (amount, fee) = Self.rows(kind, number)
      world.add("p\(number)", amount, fee: fee) { $0.updated = $0.updated + .milliseconds(number) }
    }
    world.add("real", 700)
    world.lnbits.unlisted &-= world.lnbits.balance &- 100_000_700
    world.run(.seconds(200))
    #expect(world.status.state == .connected)
    #expect(Self.sums(world).allSatisfy { $0 <= Self.most })
    #expect(world.status.rowsSkipped >= 17)
    #expect(world.status.lastError?.contains("more than all the money") == true)
    #expect(world.balance == 100_000_700)
  }

  @Test("are held to it in a past that is taken in", arguments: 0..<4)
  func past(kind: Int) {
    var world = World()
    for number in 0..<20 {
      let (amount, fee) = Self.rows(kind, number)
      world.add("p\(number)", amount, fee: fee)
    }
    world.lnbits.unlisted &-= world.lnbits.balance &- 5000
    world.feed(.start)
    world.run(.seconds(10))
    #expect(world.status.state == .connected && world.told == [.balance(5000, 0, .initial)])
    #expect(Self.sums(world).allSatisfy { $0 <= Self.most } && world.status.rowsSkipped >= 17)
    world.restart()
    world.feed(.start)
    world.run(.seconds(100))
    #expect(world.status.state == .connected && world.balance == 5000)
    #expect(Self.sums(world).allSatisfy { $0 <= Self.most })
  }

  @Test("that an earlier release has stored are no trap")
  func stored() {
    var world = World.connected { $0.add("a", 1000) }
    let record = world.store.books[0].record
    let payments = (0..<10).map { number in
      Payment(
        paymentID: "p\(number)", paymentHash: "p\(number)",
        direction: number % 2 == 0 ? .incoming : .outgoing,
        status: number < 6 ? .settled : .pending, amount: .maximum, fee: .maximum, memo: "",
        createdAt: world.now.wall, settledAt: nil, observedAt: world.now.wall, isLate: false)
    }
    world.store.write(Commit(book: record, payments: payments))
    world.restart()
    world.feed(.start)
    world.run(.seconds(200))
    #expect(world.balance == 100_001_000)
  }

  @Test("balances at both ends, in turn, end in words and not in a trap")
  func balances() {
    var world = World.connected()
    for number in 0..<12 {
      let balance = number % 2 == 0 ? Self.most : -Self.most
      world.lnbits.faults[.wallet] = LNbitsStub.json(200, #"{"name":"a","balance":\#(balance)}"#)
      world.run(.seconds(100))
    }
    #expect(world.balance.map(\.magnitude) == UInt64(Self.most))
    #expect(world.status.corrections.value.magnitude <= 2 * UInt64(Self.most))
  }

  @Test(
    "an outgoing frame's balance too",
    arguments: [LNbitsConfiguration.OutgoingBalance.before, .auto])
  func frameBalance(rule: LNbitsConfiguration.OutgoingBalance) {
    var world = World.connected(World.configuration(trust: .frames, outgoing: rule)) {
      $0.lnbits.version = "1.0.0"
    }
    world.frame(
      WalletRow("p", -Self.most, at: world.now.wall).frame(balance: -Self.most / 1000))
    #expect(world.balance.map { $0.magnitude <= UInt64(Self.most) } == true)
    world.run(.seconds(100))
    #expect(world.balance == 100_000_000)
  }

  // MARK: Texts

  private static let long = String(repeating: "long ☕ ", count: 500_000)

  @Test("of megabytes are cut where they are read")
  func texts() throws {
    var world = World.connected {
      $0.lnbits.name = Self.long
      $0.lnbits.version = "1.6.2" + Self.long
    }
    world.add("p", 1000) {
      $0.raw = """
        {"checking_id":"p","payment_hash":"p","amount":1000,"status":"success",\
        "memo":"\(Self.long)",\
        "extra":{"tag":"\(Self.long)","comment":["\(Self.long)","\(Self.long)"],"fiat_amount":1,\
        "fiat_currency":"\(Self.long)"}}
        """
    }
    world.run(.seconds(61))
    let payment = try #require(world.payments.first)
    #expect(payment.memo.utf8.count <= UpstreamText.maximumMemoBytes && payment.memo.count > 2000)
    #expect(payment.extra.comment.map { (4000...4096).contains($0.utf8.count) } == true)
    for name in [payment.extra.tag, payment.extra.fiatCurrency] {
      #expect(name.map { (250...256).contains($0.utf8.count) } == true)
    }
    #expect(world.status.upstreamName.map { (250...256).contains($0.utf8.count) } == true)
    #expect(world.status.serverVersion.map { $0.utf8.count <= 256 } == true)
  }

  @Test("of a refusal are cut")
  func refusal() {
    var world = World()
    let answer = LNbitsStub.json(404, #"{"detail":"\#(Self.long)"}"#)
    world.lnbits.faults = [.payments: answer, .wallet: answer]
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.status.state == .failed)
    #expect(world.status.lastError.map { $0.utf8.count < 1200 } == true)
  }

  // MARK: Much of it

  private static let manyNumbers =
    #"{"wallet_balance":1,"x":["# + String(repeating: "1,", count: 130_000) + "1]}"

  @Test(
    "a frame beyond 256 kB is not read, and asks",
    arguments: [LNbitsConfiguration.Trust.verified, .frames])
  func frame(trust: LNbitsConfiguration.Trust) {
    var world = World.connected(World.configuration(trust: trust))
    #expect(Self.manyNumbers.utf8.count <= 256 * 1024)
    world.add("a", 1000)
    world.frame(Self.manyNumbers + String(repeating: " ", count: 10_000))
    #expect(world.told == [] && world.status.frames.rejected == 1)
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.status.state == .connected)
  }

  @Test("frames that are not read are signs of life all the same")
  func largeFramesOnly() {
    var world = World.connected()
    for number in 0..<6 {
      world.add("p\(number)", 1000) { $0.memo = String(repeating: "x", count: 300_000) }
      world.announce("p\(number)")
      world.run(.seconds(9))
    }
    world.run(.seconds(30))
    #expect(world.payments.count == 6 && world.socketsOpened == 1)
    #expect(world.status.frames.received == 6 && world.status.frames.rejected == 6)
  }

  @Test("a page of more values than are read is asked for again in smaller ones")
  func page() {
    var world = World()
    let extra = ",\"x\":[" + String(repeating: "1,", count: 1000) + "1]"
    for number in 0..<500 {
      world.add("p\(number)", 1000) {
        $0.updated = $0.updated - .seconds(number)
        $0.more = extra
      }
    }
    world.feed(.start)
    world.run(.seconds(10))
    #expect(world.told == [.balance(500_000, 0, .initial)] && world.status.state == .connected)
    #expect(world.store.books[0].payments.count == 500)
  }
}
