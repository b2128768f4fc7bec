import BridgeModel
import LNbitsSource
import Testing

/// How far the list of payments is read.
@Suite struct PagingTests {
  private func offsets(_ world: World) -> [String] {
    world.requests.filter { $0.query.hasPrefix("limit") }.map {
      $0.query.split(separator: "&").prefix(2).joined(separator: "&")
    }
  }

  @Test func `a history of ten thousand is read once, in pages that overlap`() {
    var world = World()
    for number in 0..<10_000 {
      world.add("p\(number)", 1000) { $0.updated = $0.updated - .seconds(number) }
    }
    world.feed(.start)
    world.run(.seconds(5))
    #expect(world.told == [.balance(10_000_000, 0, .initial)])
    #expect(world.store.books.first?.payments.count == 10_000)
    #expect(offsets(world).first == "limit=1000&offset=0")
    #expect(offsets(world).dropFirst().first == "limit=1000&offset=995")
    #expect(world.count(.payments) == 11 && world.count(.wallet) == 1)
  }

  @Test func `an idle look is one short page`() {
    var world = World.connected { world in
      for number in 0..<100 { world.add("p\(number)", 1000) }
    }
    world.run(.seconds(61))
    #expect(offsets(world) == ["limit=20&offset=0"])
  }

  @Test(arguments: [5, 10, 15, 25, 60, 250, 700])
  func `new payments are followed as deep as they go`(count: Int) {
    var world = World.connected { world in
      for number in 0..<1000 {
        world.add("old \(number)", 1000) { $0.updated = $0.updated - .seconds(3600) }
      }
    }
    for number in 0..<count {
      world.add("new \(number)", 1000) { $0.updated = $0.updated + .milliseconds(number) }
    }
    world.announce("new 0")
    world.run(.seconds(1))
    #expect(world.payments.count == count)
    #expect(world.balance == 101_000_000 + Int64(count) * 1000)
    #expect(world.count(.wallet) == 1, "the first scan found them all")
  }

  @Test func `news below a page of known rows is found by the books`() {
    var world = World.connected { world in
      for number in 0..<100 { world.add("old \(number)", 1000) }
    }
    world.add("new", 1000)
    world.run(.milliseconds(10))
    // Somebody put labels on old payments: they all move to the top.
    for number in 0..<100 { world.update("old \(number)") { _ in } }
    world.announce("new")
    world.run(.seconds(1))
    #expect(world.told == [.payment("new", .settled), .balance(100_101_000, 1000, .payment)])
    #expect(offsets(world).first == "limit=20&offset=0")
    #expect(offsets(world).contains("limit=200&offset=0"))
  }

  @Test func `news deeper than a thousand rows is found before it is a correction`() {
    var world = World.connected { world in
      for number in 0..<1500 { world.add("old \(number)", 1000) }
    }
    world.add("new", 1000)
    world.run(.milliseconds(10))
    for number in 0..<1500 { world.update("old \(number)") { _ in } }
    world.announce("new")
    world.run(.seconds(30))
    #expect(world.told == [.payment("new", .settled), .balance(101_501_000, 1000, .payment)])
    #expect(world.status.corrections == .zero)
  }

  @Test func `rows whose times LNbits invents at each reading hide nothing`() {
    var world = World.connected { world in
      for number in 0..<40 {
        world.add("undated \(number)", 1000) { $0.updated = $0.updated + .seconds(86_400) }
      }
    }
    world.add("new", 1000)
    world.announce("new")
    world.run(.seconds(1))
    #expect(world.told == [.payment("new", .settled), .balance(100_041_000, 1000, .payment)])
  }

  @Test func `payments that arrive while the pages are read are neither lost nor doubled`() {
    var world = World()
    for number in 0..<3000 {
      world.add("p\(number)", 1000) { $0.updated = $0.updated - .seconds(number + 1) }
    }
    world.feed(.start)
    for number in 0..<6 {
      world.run(.milliseconds(5))
      world.add("new \(number)", 1000)
    }
    world.run(.seconds(120))
    #expect(world.balance == 3_006_000 && world.status.corrections == .zero)
    #expect(world.store.books.first?.payments.count == 3006)
    #expect(world.told.first == .balance(world.events.isEmpty ? 0 : 3_006_000, 0, .initial))
    #expect(world.payments.isEmpty)
  }

  @Test func `a response over the limit is asked for again in smaller pages`() {
    var world = World()
    for number in 0..<500 {
      world.add("p\(number)", 1000) { $0.updated = $0.updated - .seconds(number) }
    }
    world.lnbits.maximumBodyBytes = 100_000
    world.feed(.start)
    world.run(.seconds(10))
    #expect(world.told == [.balance(500_000, 0, .initial)] && world.status.state == .connected)
    #expect(
      Array(offsets(world).prefix(3)) == [
        "limit=1000&offset=0", "limit=250&offset=0", "limit=62&offset=0",
      ])
  }

  @Test func `one payment that alone is over the limit leaves an outage, not a storm`() {
    var world = World.connected()
    world.add("huge", 1000) { $0.memo = String(repeating: "x", count: 200_000) }
    world.lnbits.maximumBodyBytes = 100_000
    world.run(.seconds(600))
    #expect(world.status.state == .error && world.status.reason == .protocolError)
    #expect(world.told == [])
    #expect(world.requests.count < 60)
    #expect(world.requests.allSatisfy { !$0.query.hasPrefix("limit=0") })
    world.lnbits.maximumBodyBytes = .max
    world.run(.seconds(60))
    #expect(world.told == [.payment("huge", .settled), .balance(100_001_000, 1000, .payment)])
  }

  @Test func `pages of one row are read on while they hold news`() {
    var world = World.connected()
    world.lnbits.maximumBodyBytes = 900
    for number in 0..<4 {
      world.add("p\(number)", 1000) { $0.updated = $0.updated + .milliseconds(number) }
    }
    world.run(.seconds(120))
    #expect(world.payments.map(\.paymentID).sorted() == ["p0", "p1", "p2", "p3"])
    #expect(world.status.state == .connected)
  }

  @Test func `a new socket tries full pages again`() {
    var world = World()
    for number in 0..<500 { world.add("p\(number)", 1000) }
    world.lnbits.maximumBodyBytes = 100_000
    world.feed(.start)
    world.run(.seconds(10))
    world.lnbits.maximumBodyBytes = .max
    world.close(1012)
    world.run(.seconds(3))
    world.forget()
    world.lnbits.unlisted += 1
    world.run(.seconds(90))
    #expect(offsets(world).contains("limit=1000&offset=0"))
  }
}
