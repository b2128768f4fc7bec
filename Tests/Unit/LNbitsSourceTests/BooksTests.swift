import BridgeModel
import LNbitsSource
import Testing

/// A difference between the balance and the payments is believed once it has stood unchanged for
/// five seconds.
@Suite struct BooksTests {
  @Test func `a difference that stands is one correction, and then the books balance`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.frame("{\"wallet_balance\":100005}")
    let start = world.now.uptime
    world.run(.seconds(4))
    #expect(world.told == [] && world.status.books == .unexplained)
    #expect(world.status.unexplained == Millisatoshi(5000))
    #expect(world.status.corrections == .zero && world.status.lastCorrectionAt == nil)
    #expect(world.balance == 100_000_000, "the last confirmed number stands meanwhile")
    while world.told.isEmpty, world.now.uptime < start + .seconds(20) {
      world.run(.milliseconds(10))
    }
    #expect(world.told == [.balance(100_005_000, 5000, .correction)])
    #expect(world.now.uptime - start >= .seconds(5) && world.now.uptime - start < .seconds(10))
    #expect(world.status.books == .balanced && world.status.unexplained == .zero)
    #expect(world.status.corrections == Millisatoshi(5000))
    #expect(world.status.lastCorrectionAt == world.now.wall)
    #expect(world.status.state == .connected)
    world.run(.seconds(600))
    #expect(world.events.count == 1)
  }

  @Test func `a difference that one reading shows is being checked`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.frame("{\"wallet_balance\":100005}")
    world.run(.milliseconds(12))
    #expect(world.status.books == .checking && world.status.unexplained == .zero)
    world.lnbits.unlisted -= 5000
    world.run(.milliseconds(50))
    #expect(world.status.books == .balanced && world.told == [])
  }

  @Test func `the whole history is read before a difference is believed`() {
    var world = World.connected()
    world.lnbits.unlisted -= 5000
    world.run(.seconds(90))
    #expect(world.told == [.balance(99_995_000, -5000, .correction)])
    #expect(world.requests.contains { $0.query.hasPrefix("limit=1000&") })
  }

  @Test func `a difference that goes away is never told`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.frame("{\"wallet_balance\":100005}")
    world.run(.seconds(4))
    #expect(world.status.books == .unexplained)
    world.lnbits.unlisted -= 5000
    world.run(.seconds(60))
    #expect(world.told == [] && world.status.books == .balanced)
  }

  @Test func `a difference that moves has to stand anew`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.frame("{\"wallet_balance\":100005}")
    for _ in 0..<8 {
      world.run(.seconds(4))
      #expect(world.told == [])
      world.lnbits.unlisted += 1
    }
    world.run(.seconds(30))
    #expect(world.told == [.balance(100_005_008, 5008, .correction)])
  }

  @Test func `payments are told while the books are being checked`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.frame("{\"wallet_balance\":100005}")
    world.run(.seconds(2))
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled)])
    world.run(.seconds(30))
    #expect(world.told.dropFirst() == [.balance(100_006_000, 6000, .correction)])
    #expect(world.status.corrections == Millisatoshi(5000))
  }

  @Test func `what happens between the two readings is read again at once`() {
    var world = World.connected()
    world.add("a", 1000)
    world.announce("a")
    // After the payments were read, before the balance is.
    world.run(.milliseconds(6))
    world.add("b", 2000)
    world.run(.milliseconds(500))
    #expect(
      world.told == [
        .payment("a", .settled), .payment("b", .settled), .balance(100_003_000, 3000, .payment),
      ])
  }

  @Test func `an old payment that settles without moving to the top is found by the books`() {
    var world = World.connected {
      $0.lnbits.version = "1.3.1"
      $0.add("old", 21_000, status: "pending")
      for number in 0..<150 { $0.add("p\(number)", 1000) { $0.time = $0.time + .seconds(1) } }
    }
    world.update("old") { $0.status = "success" }
    world.run(.seconds(61))
    #expect(world.told == [.payment("old", .settled), .balance(100_171_000, 21_000, .payment)])
    #expect(world.status.corrections == .zero)
  }

  @Test func `two differences that cancel out end balanced`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.run(.seconds(90))
    world.lnbits.unlisted -= 5000
    world.run(.seconds(90))
    #expect(
      world.told == [
        .balance(100_005_000, 5000, .correction), .balance(100_000_000, -5000, .correction),
      ])
    #expect(world.status.books == .balanced && world.status.corrections == .zero)
    #expect(world.status.lastCorrectionAt != nil)
  }

  @Test func `a correction is kept by the store`() {
    var world = World.connected()
    world.lnbits.unlisted += 5000
    world.run(.seconds(90))
    let at = world.status.lastCorrectionAt
    world.restart()
    world.feed(.start)
    world.run(.seconds(30))
    #expect(world.told == [])
    #expect(world.status.books == .balanced && world.status.unexplained == .zero)
    #expect(world.status.corrections == Millisatoshi(5000))
    #expect(at != nil && world.status.lastCorrectionAt == at)
  }

  @Test func `a confirmation renews the balance's time and is no event`() {
    var world = World.connected()
    let before = world.source.wallet?.balance
    world.run(.seconds(61))
    let after = world.source.wallet?.balance
    #expect(world.told == [] && world.commits == 0)
    #expect(after?.changedAt == before?.changedAt)
    #expect(after.map { world.now.wall - $0.confirmedAt < .seconds(5) } == true)
  }
}
