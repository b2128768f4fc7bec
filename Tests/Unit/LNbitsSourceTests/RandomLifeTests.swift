import BridgeModel
import LNbitsSource
import TestSupport
import Testing

/// Whole lives from a seed: payments of all kinds, lost, doubled and forged frames, dropped
/// sockets, outages, full disks and restarts. In the end everything has been told once, and the
/// balance is the wallet's.
@Suite struct RandomLifeTests {
  private static let statuses = ["success", "pending", "failed"]

  @Test(arguments: 0..<60)
  func `everything is told once, in order, and the numbers agree`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let configuration = World.configuration(usesSocket: seed % 4 != 3)
    var world = World.connected(configuration) { $0.add("first", 1_000_000) }
    var told: [BridgeEvent] = []
    var number = 0
    for _ in 0..<150 {
      step(&world, &number, &random)
      world.run(.milliseconds(Int.random(in: 0...8000, using: &random)))
      if Int.random(in: 0..<40, using: &random) == 0 {
        told += world.events
        world.restart(configuration)
        world.feed(.start)
      }
    }
    world.lnbits.faults = [:]
    (world.store.fails, world.socketFailure) = (false, nil)
    world.run(.seconds(600))
    told += world.events

    #expect(world.status.state == .connected && world.status.books == .balanced)
    #expect(world.balance == world.lnbits.balance && world.status.corrections == .zero)
    check(told, against: world.lnbits.rows)
  }

  /// Something happens to the wallet, to the network or to the disk.
  private func step(_ world: inout World, _ number: inout Int, _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<14, using: &random) {
    case 0...4:
      number += 1
      let isIncoming = Bool.random(using: &random)
      let status = Self.statuses[Int.random(in: 0..<3, using: &random)]
      let amount = Int64.random(in: 1...50_000, using: &random)
      world.add(
        "p\(number)", isIncoming ? amount : -amount, fee: isIncoming ? 0 : -2000, status: status)
      for _ in 0..<Int.random(in: 0...2, using: &random) { world.announce("p\(number)") }
    case 5, 6:
      let pending = world.lnbits.rows.filter { $0.status != "success" }
      guard let row = pending.randomElement(using: &random) else { return }
      let settles = Bool.random(using: &random)
      // A failed one stays failed or settles; LNbits makes none of them pending again.
      world.update(row.id) {
        ($0.status, $0.fee) = settles ? ("success", $0.amount < 0 ? -700 : 0) : ("failed", $0.fee)
      }
    case 7:
      let forged = WalletRow("forged \(number)", 1_000_000, at: world.now.wall)
      world.frame(Bool.random(using: &random) ? forged.frame(balance: 1) : "nonsense")
    case 8: world.close([1000, 1006, 1008, 1011, 1012].randomElement(using: &random) ?? 1000)
    case 9:
      let routes: [LNbitsStub.Route] = [.version, .payments, .wallet]
      let answers = [
        LNbitsStub.html(502), LNbitsStub.html(404), LNbitsStub.failure(.timeout),
        LNbitsStub.json(429, "{}"), LNbitsStub.failure(.protocolError),
      ]
      world.lnbits.faults[routes.randomElement(using: &random) ?? .wallet] =
        answers.randomElement(using: &random)
    case 10: world.lnbits.faults = [:]
    case 11: world.store.fails = Int.random(in: 0..<3, using: &random) == 0
    case 12: world.socketFailure = Bool.random(using: &random) ? .network : nil
    default:
      world.feed(.networkChanged)
    }
  }

  private func check(_ told: [BridgeEvent], against rows: [WalletRow]) {
    var statuses: [String: [Payment.Status]] = [:]
    var balance: Int64?
    for event in told {
      switch event {
      case .payment(let payment): statuses[payment.paymentID, default: []].append(payment.status)
      case .balance(let change):
        #expect(change.cause == .payment, "nothing here is unexplained")
        if let balance { #expect(change.amount.value - change.change.value == balance) }
        balance = change.amount.value
      case .watch:
        Issue.record("a wallet watches nothing")
      }
    }
    for row in rows where row.id != "first" {
      let seen = statuses.removeValue(forKey: row.id) ?? []
      #expect(Set(seen).count == seen.count, "\(row.id) was told twice: \(seen)")
      switch (row.amount < 0, row.status) {
      case (_, "success"): #expect(seen.last == .settled)
      case (true, "pending"): #expect(seen == [.pending])
      case (true, _): #expect(seen == [] || seen == [.pending, .failed])
      default: #expect(seen == [])
      }
    }
    #expect(statuses.isEmpty, "only the wallet's own payments are told")
  }
}
