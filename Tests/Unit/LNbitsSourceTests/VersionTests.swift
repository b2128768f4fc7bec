import BridgeModel
import Testing

@testable import LNbitsSource

@Suite struct VersionTests {
  @Test(arguments: [
    ("1.6.2", 1, 6, 2), ("1.5.2-rc3", 1, 5, 2), ("1.4", 1, 4, 0), ("0.12.12", 0, 12, 12),
    ("1.4.1.post1", 1, 4, 1), ("2.0.0+local", 2, 0, 0),
  ])
  func `a release is read up to its third number`(text: String, major: Int, minor: Int, patch: Int)
  {
    #expect(LNbitsVersion(text) == LNbitsVersion(major, minor, patch))
  }

  @Test(arguments: [
    "", "main", "v1.6.2", "1", "-1.2.3", "one.two", "٣.١", "99999999999999999999.1",
  ])
  func `what has no numbers is no release`(text: String) {
    #expect(LNbitsVersion(text) == nil)
  }

  @Test(arguments: [
    ("0.12.12", false, false), ("1.0.0", true, false), ("1.3.1", true, false),
    ("1.4.0", true, true), ("1.4.1", true, true), ("1.4.2", false, true),
    ("1.5.2-rc3", false, true),
    ("1.6.2", false, true), ("2.0.0", false, true),
  ])
  func `rules go by release`(text: String, before: Bool, sorts: Bool) {
    #expect(LNbitsVersion(text)?.reportsBalanceBeforeOutgoing == before)
    #expect(LNbitsVersion(text)?.sortsByUpdate == sorts)
  }

  @Test(
    arguments: [
      ("1.6.2", "updated_at"), ("1.5.2-rc3", "updated_at"), ("1.4.1", "updated_at"),
      ("1.3.1", "time"),
      ("something", "updated_at"), (nil, "updated_at"),
    ] as [(String?, String)])
  func `payments are listed by update where that means something`(version: String?, order: String) {
    let world = World.connected { $0.lnbits.version = version }
    #expect(world.status.state == .connected)
    #expect(world.status.serverVersion == version)
    var next = world
    next.run(.seconds(61))
    #expect(next.requests.first?.query == "limit=20&offset=0&sortby=\(order)&direction=desc")
  }

  @Test func `a server that cannot sort by update is asked by time`() {
    var world = World.connected {
      $0.lnbits.version = nil
      $0.lnbits.refusesSorting = true
    }
    #expect(world.status.state == .connected)
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    #expect(world.requests.first?.query.contains("sortby=time") == true)
  }

  @Test func `a version that was missed in an outage is asked for in the next round`() {
    var world = World.connected { $0.lnbits.faults[.version] = LNbitsStub.html(502) }
    #expect(world.status.state == .connected && world.status.serverVersion == nil)
    world.lnbits.faults = [:]
    world.run(.seconds(61))
    #expect(world.status.serverVersion == "1.6.2")
    world.forget()
    world.run(.seconds(600))
    #expect(world.count(.version) == 0)
  }

  @Test func `a server that does not tell its version is asked once a socket`() {
    var world = World.connected { $0.lnbits.version = nil }
    world.run(.seconds(600))
    #expect(world.count(.version) == 0)
    world.close(1012)
    world.run(.seconds(30))
    #expect(world.count(.version) == 1)
  }

  @Test func `an upgrade of the server is noticed with the next socket`() {
    var world = World.connected { $0.lnbits.version = "1.3.1" }
    world.lnbits.version = "1.6.2"
    world.close(1012)
    world.run(.seconds(5))
    #expect(world.status.serverVersion == "1.6.2")
    #expect(world.count(.version) == 1)
  }

  @Test func `a version that is slow to come holds up no frame`() {
    var world = World.connected()
    world.lnbits.faults[.version] = .silence
    world.close(1012)
    world.run(.seconds(5))
    #expect(world.status.state == .connected)
    world.forget()
    world.add("a", 1000)
    world.announce("a")
    world.run(.milliseconds(20))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
  }

  // MARK: Times of settlement

  @Test func `from 1_4 on the update is the settlement`() {
    var world = World.connected { $0.lnbits.version = "1.4.1" }
    world.add("a", 1000) {
      $0.time = $0.time - .seconds(3600)
      $0.updated = $0.updated - .milliseconds(200)
    }
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.payments.first?.settledAt == world.lnbits.rows[0].updated)
    #expect(world.payments.first?.createdAt == world.lnbits.rows[0].time)
    #expect(world.payments.first?.isLate == false)
  }

  @Test func `before, it is when the payment was first seen settled`() {
    var world = World.connected { $0.lnbits.version = "1.3.1" }
    world.add("a", 1000) { $0.updated = $0.updated - .seconds(3600) }
    world.announce("a")
    world.run(.seconds(1))
    let payment = world.payments.first
    #expect(payment != nil && payment?.settledAt == payment?.observedAt)
    #expect(payment?.isLate == false)
  }

  @Test func `more than ten seconds after settlement is late`() {
    var world = World.connected()
    world.run(.seconds(100))
    world.add("a", 1000) { $0.updated = $0.updated - .milliseconds(9900) }
    world.add("b", 1000) { $0.updated = $0.updated - .milliseconds(10_001) }
    world.announce("a")
    world.run(.seconds(1))
    let late = Dictionary(uniqueKeysWithValues: world.payments.map { ($0.paymentID, $0.isLate) })
    #expect(late == ["a": false, "b": true])
  }

  @Test func `settled before the socket opened is late, unless the socket told of it`() {
    var world = World.connected()
    world.close(1012)
    let before = world.now.wall - .milliseconds(100)
    world.add("a", 1000) { $0.updated = before }
    world.add("b", 1000) { $0.updated = before }
    while world.socket == nil { world.run(.milliseconds(1)) }
    world.announce("b")
    world.run(.seconds(3))
    let late = Dictionary(uniqueKeysWithValues: world.payments.map { ($0.paymentID, $0.isLate) })
    #expect(late["a"] == true && late["b"] == false)
  }

  @Test func `a time that LNbits cut to the second is not taken for earlier than it was`() {
    var world = World.connected()
    world.close(1012)
    while world.socket == nil { world.run(.milliseconds(1)) }
    let opened = world.now.wall
    world.add("a", 1000) {
      $0.updated = Timestamp(milliseconds: opened.milliseconds / 1000 * 1000)
    }
    world.run(.seconds(3))
    #expect(world.payments.map(\.isLate) == [false])
  }
}
