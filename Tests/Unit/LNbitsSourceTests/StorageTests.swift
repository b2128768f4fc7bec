import BridgeModel
import LNbitsSource
import Testing

/// Nothing is published, and nothing changes, before it is on disk.
@Suite struct StorageTests {
  @Test func `what could not be written is told once, when it can`() {
    var world = World.connected()
    world.store.fails = true
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told == [] && world.balance == 100_000_000)
    #expect(world.status.state == .error && world.status.reason == .storage)
    #expect(world.status.lastError == "no space left")
    #expect(world.status.nextRetryAt.map { $0 > world.now.wall } == true)
    world.run(.seconds(60))
    #expect(world.told == [] && world.count(.payments) <= 14)
    world.store.fails = false
    world.run(.seconds(6))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.status.state == .connected && world.socketsOpened == 1)
    world.run(.seconds(600))
    #expect(world.events.count == 2)
  }

  @Test func `a balance that could not be written is told once, after its payments`() {
    var world = World.connected()
    world.add("a", 1000)
    world.announce("a")
    while world.told.isEmpty { world.run(.milliseconds(1)) }
    world.store.fails = true
    world.run(.seconds(20))
    #expect(world.told == [.payment("a", .settled)])
    #expect(world.status.state == .error && world.status.reason == .storage)
    world.store.fails = false
    world.run(.seconds(6))
    #expect(world.told.dropFirst() == [.balance(100_001_000, 1000, .payment)])
  }

  @Test func `a first balance that could not be written is told once`() {
    var world = World()
    world.feed(.start)
    world.run(.milliseconds(6))
    world.store.fails = true
    world.run(.seconds(20))
    #expect(world.told == [] && world.balance == nil && world.status.state == .error)
    world.store.fails = false
    world.run(.seconds(6))
    #expect(world.told == [.balance(0, 0, .initial)] && world.status.state == .connected)
  }

  @Test func `a store that cannot be read asks the wallet nothing`() {
    var world = World.connected { $0.add("a", 1000) }
    world.restart()
    world.store.fails = true
    world.feed(.start)
    world.run(.seconds(30))
    #expect(world.requests.isEmpty)
    #expect(world.status.state == .error && world.status.reason == .storage)
    world.store.fails = false
    world.run(.seconds(6))
    #expect(world.told == [] && world.status.state == .connected)
    #expect(world.balance == 100_001_000)
  }

  @Test func `a store that fails while the wallet's id is looked up is asked again`() {
    var world = World.connected { $0.add("a", 1000) }
    world.restart(World.configuration(key: "key-2"))
    world.feed(.start)
    world.run(.milliseconds(11))
    #expect(world.count(.payments) == 1, "the wallet's id is on its way")
    world.store.fails = true
    world.run(.milliseconds(10))
    #expect(world.status.reason == .storage)
    world.store.fails = false
    world.run(.seconds(6))
    #expect(world.told == [] && world.status.state == .connected)
    #expect(world.balance == 100_001_000 && world.store.books.count == 1)
  }

  @Test func `without a socket a full disk is an outage like another`() {
    var world = World.connected(World.configuration(usesSocket: false))
    world.store.fails = true
    world.add("a", 1000)
    world.run(.seconds(61))
    #expect(world.status.state == .reconnecting && world.status.reason == .storage)
    world.store.fails = false
    world.run(.seconds(120))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.status.state == .connected)
  }
}
