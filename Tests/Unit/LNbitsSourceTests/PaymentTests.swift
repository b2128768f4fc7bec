import BridgeModel
import LNbitsSource
import Testing

/// Each change of a payment that is news becomes one event, whichever way it is noticed.
@Suite struct PaymentTests {
  @Test func `a frame wakes the questions, and the answers are published`() {
    var world = World.connected()
    world.add("a", 21_000) { $0.memo = "coffee" }
    world.announce("a")
    #expect(world.told == [], "a frame alone is nobody's word")
    #expect(
      world.requests.map(\.query) == ["limit=20&offset=0&sortby=updated_at&direction=desc"])
    #expect(world.requests.map(\.urgency) == [.frame])
    world.run(.milliseconds(10))
    #expect(world.told == [.payment("a", .settled), .balance(100_021_000, 21_000, .payment)])
    #expect(world.count(.payments) == 1 && world.count(.wallet) == 1)
    let settled = world.lnbits.rows[0].updated
    #expect(
      world.payments == [
        Payment(
          paymentID: "a", paymentHash: "a", direction: .incoming, status: .settled,
          amount: Millisatoshi(21_000), fee: .zero, memo: "coffee", createdAt: settled,
          settledAt: settled, observedAt: settled + .milliseconds(5), isLate: false)
      ])
  }

  @Test func `a frame ahead of REST is followed up until the wallet shows it`() {
    var world = World.connected()
    let row = WalletRow("a", 21_000, at: world.now.wall)
    world.frame(row.frame(balance: 100_021))
    world.run(.seconds(2))
    #expect(world.told == [])
    world.lnbits.rows.append(row)
    world.run(.seconds(2))
    #expect(world.told == [.payment("a", .settled), .balance(100_021_000, 21_000, .payment)])
  }

  @Test func `REST ahead of the frame is told once, and the frame finds nothing new`() {
    var world = World.connected()
    world.add("a", 21_000)
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .settled), .balance(100_021_000, 21_000, .payment)])
    world.forget()
    world.announce("a")
    world.run(.seconds(5))
    #expect(world.told == [] && world.requests.isEmpty)
    #expect(world.status.frames.duplicate == 0)
  }

  @Test func `a frame that comes twice is counted and asks nothing`() {
    var world = World.connected()
    world.add("a", 21_000)
    world.announce("a")
    world.run(.seconds(1))
    world.forget()
    world.announce("a")
    world.run(.seconds(5))
    #expect(world.told == [] && world.requests.isEmpty)
    #expect(world.status.frames.received == 2 && world.status.frames.duplicate == 1)
  }

  @Test func `an outgoing payment is told pending, then settled, without a frame`() {
    var world = World.connected()
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .pending), .balance(99_986_000, -14_000, .payment)])
    #expect(world.payments.first?.fee == Millisatoshi(2000))
    #expect(world.payments.first?.settledAt == nil)
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(14_000))
    world.forget()
    world.update("a") { ($0.status, $0.fee) = ("success", -700) }
    let settled = world.lnbits.rows[0].updated
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .settled), .balance(99_987_300, 1300, .payment)])
    #expect(world.payments.first?.settledAt == settled)
    #expect(world.source.wallet?.pendingOutgoing == .zero)
  }

  @Test func `one that fails gives everything back, though LNbits leaves the reserve in its row`() {
    var world = World.connected()
    world.add("a", -13_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.forget()
    world.update("a") { $0.status = "failed" }
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .failed), .balance(100_000_000, 15_000, .payment)])
    #expect(world.payments.first?.fee == .zero)
  }

  @Test func `one that failed and settles after all is told settled`() {
    var world = World.connected()
    world.add("a", -11_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.update("a") { $0.status = "failed" }
    world.run(.seconds(61))
    world.forget()
    world.update("a") { ($0.status, $0.fee) = ("success", -500) }
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .settled), .balance(99_988_500, -11_500, .payment)])
  }

  @Test func `one first seen failed is not told, until it settles`() {
    var world = World.connected()
    world.add("a", -11_000, fee: -2000, status: "failed")
    world.run(.seconds(61))
    #expect(world.told == [])
    world.update("a") { ($0.status, $0.fee) = ("success", -500) }
    world.run(.seconds(61))
    #expect(world.told == [.payment("a", .settled), .balance(99_988_500, -11_500, .payment)])
  }

  @Test func `a reserve that is estimated anew moves the balance, and is no news`() {
    var world = World.connected()
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.forget()
    world.update("a") { $0.fee = -3000 }
    world.run(.seconds(61))
    #expect(world.told == [.balance(99_985_000, -1000, .payment)])
  }

  @Test func `an unpaid invoice is no payment until it is paid`() {
    var world = World.connected()
    world.add("a", 21_000, status: "pending")
    world.run(.seconds(61))
    #expect(world.told == [])
    world.run(.seconds(3000))
    world.update("a") { $0.status = "success" }
    world.announce("a")
    world.run(.seconds(1))
    #expect(world.told == [.payment("a", .settled), .balance(100_021_000, 21_000, .payment)])
  }

  @Test func `an invoice that expires is no news`() {
    var world = World.connected()
    world.add("a", 21_000, status: "pending")
    world.run(.seconds(61))
    world.update("a") { $0.status = "failed" }
    world.run(.seconds(61))
    #expect(world.told == [])
  }

  @Test func `a payment to oneself has two legs`() {
    var world = World.connected()
    world.add("h", 7000)
    world.add("internal_h", -7000)
    world.announce("internal_h")
    world.announce("h")
    world.announce("h")
    world.run(.seconds(1))
    #expect(world.told == [.payment("h", .settled), .payment("internal_h", .settled)])
    #expect(Set(world.payments.map(\.paymentHash)) == ["h"])
    #expect(world.status.frames.duplicate == 1)
  }

  @Test func `what an administrator takes off is a payment without a frame`() {
    var world = World.connected()
    world.add("internal_d", -300_000) { $0.hasExpiry = false }
    world.run(.seconds(120))
    #expect(
      world.told == [.payment("internal_d", .settled), .balance(99_700_000, -300_000, .payment)])
    #expect(world.status.paymentsWithoutFrame == 0)
  }

  @Test func `one round tells its payments by settlement, then by id, and one balance`() {
    var world = World.connected()
    let start = world.now.wall
    for (id, offset) in [("b", 200), ("d", 100), ("a", 200), ("c", 300)] {
      world.add(id, 1000) {
        ($0.time, $0.updated) = (start, start + .milliseconds(offset))
      }
    }
    world.run(.seconds(1))
    world.frame("{\"wallet_balance\":100004}")
    world.run(.seconds(1))
    #expect(
      world.told == [
        .payment("d", .settled), .payment("a", .settled), .payment("b", .settled),
        .payment("c", .settled), .balance(100_004_000, 4000, .payment),
      ])
  }

  @Test func `a page that was read before a payment changed takes nothing back`() {
    var world = World.connected()
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.update("a") { ($0.status, $0.fee) = ("success", 0) }
    world.run(.seconds(61))
    world.forget()
    // A copy of the database that lags behind.
    world.update("a") { ($0.status, $0.fee) = ("pending", 0) }
    world.run(.seconds(61))
    world.update("a") { ($0.status, $0.fee) = ("success", 0) }
    world.run(.seconds(61))
    #expect(world.told == [])
  }

  // MARK: Pending payments that vanish

  @Test func `one answer without it proves nothing`() {
    var world = World.connected()
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.forget()
    let rows = world.lnbits.rows
    world.lnbits.rows = []
    world.lnbits.unlisted -= 14_000
    while world.requests.allSatisfy({ !$0.query.hasPrefix("payment_hash") }) {
      world.run(.milliseconds(1))
    }
    world.run(.milliseconds(5))
    world.lnbits.rows = rows
    world.lnbits.unlisted += 14_000
    world.run(.seconds(600))
    #expect(world.told == [])
  }

  @Test func `a server that ignores the filter proves nothing`() {
    var world = World.connected { $0.lnbits.ignoresFilters = true }
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    world.forget()
    for number in 0..<1200 {
      world.add("later \(number)", 1000) { $0.updated = $0.updated + .milliseconds(number) }
    }
    world.run(.seconds(300))
    #expect(!world.told.contains(.payment("a", .failed)))
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(14_000))
  }

  @Test func `a pending payment deep in the past is asked for by hash`() {
    var world = World.connected()
    world.add("a", -12_000, fee: -2000, status: "pending")
    world.run(.seconds(61))
    for number in 0..<30 {
      world.add("later \(number)", 1000) { $0.updated = $0.updated + .seconds(1) }
    }
    world.run(.seconds(61))
    world.forget()
    world.run(.seconds(60))
    #expect(world.requests.contains { $0.query == "payment_hash[in]=a&limit=1000" })
    #expect(world.told == [])
  }

  @Test func `hashes are asked for fifty at a time, encoded`() {
    var world = World.connected()
    for number in 0..<120 {
      world.add("p&\(number)", -1000, status: "pending") { $0.hash = "p&\(number)" }
    }
    world.run(.seconds(61))
    for number in 0..<30 {
      world.add("later \(number)", 1000) { $0.updated = $0.updated + .seconds(1) }
    }
    world.run(.seconds(61))
    world.forget()
    world.run(.seconds(60))
    let asked = world.requests.map(\.query).filter { $0.hasPrefix("payment_hash") }
    #expect(asked.map { $0.split(separator: ",").count } == [50, 50, 20])
    #expect(asked.allSatisfy { $0.contains("p%26") && !$0.contains("p&") })
  }
}
