import BridgeModel
import LNbitsSource
import Testing

/// What becomes of a wallet's history when it is seen first, and when it is seen again.
@Suite struct ImportTests {
  @Test func `a first start asks version, payments and balance, and tells one balance`() {
    var world = World()
    world.add("a", 21_000)
    world.add("b", -5000, fee: -100)
    world.feed(.start)
    #expect(world.status.state == .connecting)
    world.run(.seconds(1))
    #expect(
      world.requests.map(\.path) == [
        "/openapi.json", "/api/v1/payments/paginated", "/api/v1/wallet",
      ])
    #expect(world.requests.map(\.keyHeader) == [nil, "X-Api-Key", "X-Api-Key"])
    #expect(
      world.requests[1].query == "limit=1000&offset=0&sortby=updated_at&direction=desc")
    #expect(world.told == [.balance(15_900, 0, .initial)])
    #expect(world.announcements == [.connecting, .connected])
    #expect(world.status.books == .balanced && world.status.delivery == .live)
    #expect(world.status.serverVersion == "1.6.2" && world.status.upstreamName == "alice")
    #expect(world.store.books.first?.payments.count == 2)
    #expect(world.store.books.first?.record.opening == .zero)
    #expect(world.store.books.first?.record.identity.walletID == "wallet-1")
  }

  @Test func `unpaid invoices and failed payments are no history`() {
    var world = World()
    world.add("unpaid", 21_000, status: "pending")
    world.add("failed", -1000, fee: -2000, status: "failed")
    world.add("under way", -3000, fee: -2000, status: "pending")
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.told == [.balance(-5000, 0, .initial)])
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(5000))
    #expect(world.store.books.first?.payments.keys.sorted() == ["under way"])
  }

  @Test func `an empty wallet has a balance too, and learns its id from its first payment`() {
    var world = World()
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.told == [.balance(0, 0, .initial)])
    #expect(world.store.books.first?.record.identity.walletID == nil)
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told.dropFirst() == [.payment("a", .settled), .balance(1000, 1000, .payment)])
    #expect(world.store.books.count == 1)
    #expect(world.store.books.first?.record.identity.walletID == "wallet-1")
  }

  @Test func `a deleted history is the opening balance, once two readings agree on it`() {
    var world = World()
    world.lnbits.unlisted = 50_000
    world.add("a", 1000)
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.count(.payments) == 2 && world.count(.wallet) == 2)
    #expect(world.told == [.balance(51_000, 0, .initial)])
    #expect(world.store.books.first?.record.opening == Millisatoshi(50_000))
    #expect(world.status.books == .balanced && world.status.corrections == .zero)
  }

  @Test func `sales at one price between payments and balance are no opening balance`() {
    var world = World()
    world.add("a", 1000)
    world.feed(.start)
    for reading in 1...2 {
      while world.count(.wallet) < reading { world.run(.milliseconds(1)) }
      world.add("sale \(reading)", 5000)
    }
    world.run(.seconds(2))
    #expect(world.told == [.balance(11_000, 0, .initial)])
    #expect(world.store.books.first?.record.opening == .zero)
    #expect(world.status.books == .balanced)
  }

  @Test func `an empty list that is not LNbits' own is no empty wallet`() {
    var world = World()
    world.add("a", 1000)
    world.lnbits.faults[.payments] = LNbitsStub.json(200, "[]")
    world.feed(.start)
    world.run(.seconds(10))
    #expect(world.told == [] && world.status.state == .error)
    world.lnbits.faults = [:]
    world.run(.seconds(10))
    #expect(world.told == [.balance(1000, 0, .initial)])
  }

  @Test func `a wallet that does not hold still is not connected without a balance`() {
    var world = World()
    world.lnbits.unlisted = 1
    world.feed(.start)
    for _ in 0..<100 {
      world.run(.milliseconds(5))
      world.lnbits.unlisted += 1
    }
    #expect(world.status.state == .connecting && world.told == [])
    world.run(.seconds(2))
    #expect(world.status.state == .connected)
    #expect(world.told == [.balance(101, 0, .initial)])
  }

  @Test func `a past that is taken in was not told late`() {
    let world = World.connected { world in
      for (number, age) in [0, 5, 11, 86_400].enumerated() {
        world.add("p\(number)", 1000) { $0.updated = $0.updated - .seconds(age) }
      }
    }
    let payments = world.store.books[0].payments.values
    #expect(payments.count == 4 && payments.allSatisfy { !$0.isLate && $0.settledAt != nil })
  }

  @Test func `a restart tells nothing that was told before`() {
    var world = World.connected { $0.add("a", 21_000) }
    world.restart()
    world.feed(.start)
    #expect(world.balance == 100_021_000, "the last known balance is served at once")
    world.run(.seconds(2))
    #expect(world.told == [] && world.status.state == .connected)
  }

  @Test func `a restart tells what happened meanwhile, and only that`() {
    var world = World.connected { $0.add("a", 21_000) }
    world.run(.seconds(60))
    world.add("b", 1000)
    world.add("c", -2000, fee: -10)
    world.run(.seconds(30))
    world.restart()
    world.feed(.start)
    world.run(.seconds(2))
    #expect(
      world.told == [
        .payment("b", .settled), .payment("c", .settled), .balance(100_019_990, -1010, .payment),
      ])
    #expect(world.payments.map(\.isLate) == [true, true])
  }

  @Test func `a new key of the same wallet repeats nothing`() {
    var world = World.connected { $0.add("a", 21_000) }
    world.feed(.reconnect(keyFingerprint: "key-2"))
    #expect(world.balance == nil, "nothing vouches for another key's balance")
    world.run(.seconds(2))
    #expect(world.told == [] && world.balance == 100_021_000)
    #expect(world.store.books.count == 1)
    world.restart(World.configuration(key: "key-2"))
    world.feed(.start)
    #expect(world.balance == 100_021_000, "the new key leads to the book now")
  }

  @Test func `a commit does not bring the old key back`() {
    var world = World.connected { $0.add("a", 21_000) }
    world.feed(.reconnect(keyFingerprint: "key-2"))
    world.run(.seconds(2))
    world.add("b", 1000)
    world.announce("b")
    world.run(.seconds(1))
    world.feed(.reconnect(keyFingerprint: "key-2"))
    #expect(world.balance == 100_022_000, "the same key: the book stays")
  }

  @Test func `another wallet's key begins a book of its own`() {
    var world = World.connected { $0.add("a", 21_000) }
    world.lnbits.rows = []
    world.lnbits.unlisted = 0
    world.add("x", 7000) { $0.walletID = "wallet-2" }
    world.feed(.reconnect(keyFingerprint: "key-2"))
    world.run(.seconds(2))
    #expect(world.told == [.balance(7000, 0, .initial)])
    #expect(world.store.books.count == 2)
    #expect(world.store.books[0].payments.keys.sorted() == ["a"])
    #expect(world.store.books[1].payments.keys.sorted() == ["x"])
  }

  @Test func `and back again, nothing is repeated either`() {
    var world = World.connected { $0.add("a", 21_000) }
    let first = world.lnbits
    world.lnbits.rows = []
    world.lnbits.unlisted = 0
    world.add("x", 7000) { $0.walletID = "wallet-2" }
    world.feed(.reconnect(keyFingerprint: "key-2"))
    world.run(.seconds(2))
    world.forget()
    world.lnbits = first
    world.feed(.reconnect(keyFingerprint: "key-1"))
    world.run(.seconds(2))
    #expect(world.told == [] && world.balance == 100_021_000)
  }
}
