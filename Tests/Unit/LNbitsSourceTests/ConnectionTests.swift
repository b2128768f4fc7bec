import BridgeModel
import LNbitsSource
import Testing

/// The socket, the timer and the orders from outside.
@Suite struct ConnectionTests {
  // MARK: Orders

  @Test func `stopped, it closes, forgets its questions and stays down`() {
    var world = World.connected()
    world.latency = .seconds(1)
    world.frame("{\"wallet_balance\":1}")
    world.feed(.stop(.paused))
    #expect(world.status.state == .disconnected && world.status.reason == .paused)
    #expect(world.socket == nil && world.balance == 100_000_000)
    world.forget()
    world.run(.seconds(3600))
    #expect(world.requests.isEmpty && world.announcements.isEmpty && world.socketsOpened == 1)
  }

  @Test func `stopped before it ever started, it still knows its balance`() {
    var world = World.connected()
    world.restart()
    world.feed(.stop(.disabled))
    #expect(world.status.state == .disconnected && world.status.reason == .disabled)
    #expect(world.balance == 100_000_000)
  }

  @Test func `resumed, it tells what happened meanwhile`() {
    var world = World.connected()
    world.feed(.stop(.paused))
    world.run(.seconds(100))
    world.add("a", 1000)
    world.run(.seconds(100))
    world.feed(.start)
    #expect(world.status.state == .connecting && world.status.reason == nil)
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.payments.map(\.isLate) == [true])
    #expect(world.announcements == [.disconnected, .connecting, .connected])
  }

  @Test func `reconnected by hand, it replaces the socket and asks anew`() {
    var world = World.connected()
    let old = world.socket
    world.feed(.reconnect(keyFingerprint: "key-1"))
    #expect(world.status.state == .connecting)
    world.run(.seconds(1))
    #expect(world.socket != old && world.socketsOpened == 2)
    #expect(world.count(.wallet) == 1 && world.told == [])
    #expect(world.status.state == .connected)
  }

  // MARK: Outages of the socket

  @Test func `a dropped socket comes back, and what was missed is told`() {
    var world = World.connected()
    world.close(1006)
    #expect(world.status.state == .reconnecting && world.status.reason == .network)
    #expect(world.status.delivery == .polling)
    world.add("a", 1000)
    world.run(.seconds(3))
    #expect(world.status.state == .connected && world.status.delivery == .live)
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.payments.map(\.isLate) == [true])
  }

  @Test func `while no socket opens, the timer goes on asking`() {
    var world = World.connected()
    world.socketFailure = .network
    world.close(1006)
    world.add("a", 1000)
    world.run(.seconds(300))
    #expect(world.status.state == .failed && world.status.delivery == .polling)
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect((4...6).contains(world.count(.wallet)))
  }

  @Test func `an upgrade that is refused still leaves the balance`() {
    var world = World()
    world.socketFailure = .upgradeRefused(status: 405)
    world.feed(.start)
    world.run(.milliseconds(100))
    #expect(world.status.state == .error && world.status.reason == .upgradeRefused)
    #expect(world.told == [.balance(0, 0, .initial)] && world.status.delivery == .polling)
  }

  @Test func `an upgrade that is refused for the key ends in the verdict`() {
    var world = World()
    world.socketFailure = .upgradeRefused(status: 403)
    world.lnbits.faults = [
      .payments: LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#),
      .wallet: LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#),
    ]
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.status.state == .failed && world.status.reason == .credentials)
  }

  @Test func `an upgrade that is limited gets a minute of silence`() {
    var world = World()
    world.socketFailure = .upgradeRefused(status: 429)
    world.feed(.start)
    world.run(.seconds(59))
    #expect(world.requests.isEmpty)
    #expect(world.status.state == .error && world.status.reason == .rateLimited)
  }

  @Test func `an idle wallet is asked at each interval, and pinged between`() {
    var world = World.connected()
    world.run(.seconds(600))
    #expect(world.count(.payments) == 10 && world.count(.wallet) == 10)
    #expect(world.status.heartbeatRoundTrip == .zero)
    #expect(world.told == [] && world.announcements.isEmpty)
  }

  // MARK: Polling

  @Test func `without a socket the polls are the connection`() {
    var world = World(World.configuration(usesSocket: false))
    world.add("a", 1000)
    world.feed(.start)
    #expect(world.status.state == .connecting)
    world.run(.seconds(1))
    #expect(world.status.state == .connected && world.status.delivery == .polling)
    #expect(world.told == [.balance(1000, 0, .initial)] && world.socketsOpened == 0)
    world.add("b", 2000)
    world.run(.seconds(61))
    #expect(world.told.dropFirst() == [.payment("b", .settled), .balance(3000, 2000, .payment)])
    #expect(world.status.metrics.connectionAttempts == 1)
    #expect(world.status.metrics.successRate == 1)
  }

  @Test func `polls that fail are attempts`() {
    var world = World.connected(World.configuration(usesSocket: false))
    world.lnbits.faults[.payments] = LNbitsStub.failure(.network)
    world.run(.seconds(61))
    #expect(world.status.state == .reconnecting && world.status.reason == .network)
    world.run(.seconds(60))
    #expect(world.status.state == .failed)
    #expect(world.status.metrics.reconnectAttempt == 6)
    world.lnbits.faults = [:]
    world.run(.seconds(60))
    #expect(world.status.state == .connected && world.status.metrics.reconnectAttempt == 0)
  }

  @Test func `polls that are limited wait for a minute`() {
    var world = World.connected(World.configuration(usesSocket: false))
    world.lnbits.faults[.payments] = LNbitsStub.json(429, "{}")
    world.run(.seconds(60))
    world.lnbits.faults = [:]
    world.forget()
    #expect(world.status.reason == .rateLimited && world.status.delivery == .rateLimited)
    world.run(.seconds(55))
    #expect(world.requests.isEmpty && world.status.state == .reconnecting)
    world.run(.seconds(10))
    #expect(world.status.state == .connected)
  }

  @Test func `a network change polls at once`() {
    var world = World.connected(World.configuration(usesSocket: false))
    world.lnbits.faults[.payments] = LNbitsStub.failure(.network)
    world.run(.seconds(300))
    #expect(world.status.state == .failed)
    world.lnbits.faults = [:]
    world.forget()
    world.feed(.networkChanged)
    #expect(world.requests.count == 1)
    world.run(.seconds(1))
    #expect(world.status.state == .connected)
  }

  @Test func `polling can be stopped and resumed`() {
    var world = World.connected(World.configuration(usesSocket: false))
    world.feed(.stop(.paused))
    world.run(.seconds(600))
    #expect(world.requests.isEmpty && world.status.state == .disconnected)
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.status.state == .connected && world.count(.wallet) == 1)
  }

  // MARK: A socket that delivers nothing

  @Test func `a payment without its frame is counted after ten seconds`() {
    var world = World.connected()
    world.run(.seconds(52))
    world.add("a", 1000)
    world.run(.seconds(6))
    #expect(world.told.count == 2, "the timer found it in time")
    world.run(.seconds(9))
    #expect(world.status.paymentsWithoutFrame == 0)
    world.run(.seconds(3))
    #expect(world.status.paymentsWithoutFrame == 1 && world.socketsOpened == 1)
  }

  @Test func `a frame within ten seconds is in time`() {
    var world = World.connected()
    world.run(.seconds(52))
    world.add("a", 1000)
    world.run(.seconds(12))
    world.announce("a")
    world.run(.seconds(60))
    #expect(world.status.paymentsWithoutFrame == 0)
  }

  /// Payments without a frame, found by frames of others: two at a time, as often as asked.
  private func muteTwice(_ world: inout World, _ name: String) {
    for leg in ["1", "2"] {
      world.add(name + leg, 1000)
    }
    // Nonsense proves nothing about the payments' frames, and makes it ask.
    world.frame("{\"wallet_balance\":7}")
    world.run(.seconds(20))
  }

  @Test func `two in a row replace the socket, once in ten minutes`() {
    var world = World.connected()
    muteTwice(&world, "a")
    #expect(world.status.paymentsWithoutFrame == 2)
    #expect(world.socketsOpened == 2 && world.announcements.contains(.reconnecting))
    #expect(world.status.metrics.disconnections == 1)
    muteTwice(&world, "b")
    #expect(world.status.paymentsWithoutFrame == 4 && world.socketsOpened == 2)
    world.run(.seconds(600))
    muteTwice(&world, "c")
    #expect(world.socketsOpened == 3)
  }

  @Test func `a frame between them shows that the socket delivers`() {
    var world = World.connected()
    for name in ["a", "b", "c"] {
      world.add(name, 1000)
      world.frame("{\"wallet_balance\":7}")
      world.run(.seconds(20))
      world.add("framed " + name, 1000)
      world.announce("framed " + name)
      world.run(.seconds(20))
    }
    #expect(world.status.paymentsWithoutFrame == 3 && world.socketsOpened == 1)
  }

  @Test func `what sends no frame is not missed`() {
    var world = World.connected()
    world.add("internal_debit", -1000) { $0.hasExpiry = false }
    world.add("service_fee_x", 1000) { $0.hasExpiry = false }
    world.add("slow", -1000) { $0.updated = $0.time + .seconds(6) }
    world.add("under way", -1000, status: "pending")
    world.add("old", 1000) { $0.updated = $0.updated - .seconds(60) }
    world.frame("{\"wallet_balance\":7}")
    world.run(.seconds(30))
    world.update("under way") { $0.status = "success" }
    world.run(.seconds(90))
    #expect(world.payments.count == 6)
    #expect(world.status.paymentsWithoutFrame == 0 && world.socketsOpened == 1)
  }

  @Test func `a socket that closed is not blamed for frames it could not deliver`() {
    var world = World.connected()
    world.socketFailure = .network
    world.add("a", 1000)
    world.frame("{\"wallet_balance\":7}")
    world.run(.seconds(1))
    world.close(1006)
    world.run(.seconds(30))
    world.socketFailure = nil
    world.run(.seconds(90))
    #expect(world.payments.count == 1 && world.status.paymentsWithoutFrame == 0)
  }

  @Test func `five thousand payments on one socket leave it a good one`() {
    var world = World.connected()
    for number in 0..<5000 {
      let row = WalletRow("old \(number)", 1000, at: world.now.wall)
      world.frame(row.frame(balance: 1))
    }
    world.run(.seconds(60))
    for name in ["a", "b", "c"] {
      world.add(name, 1000)
      world.announce(name)
      world.run(.seconds(20))
    }
    #expect(world.payments.count == 3)
    #expect(world.status.paymentsWithoutFrame == 0 && world.socketsOpened == 1)
  }
}
