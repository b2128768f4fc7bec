import BridgeModel
import LNbitsSimulator
import Testing

@Suite("The demonstration's shop")
struct DemoScenarioTests {
  private static let start = Instant(
    uptime: .seconds(10), wall: Timestamp(milliseconds: 1_795_225_119_805))

  private struct Shop {
    var lnbits = SimulatedLNbits(now: DemoScenarioTests.start)
    var random: SeededRandom
    var scenario: DemoScenario
    var now = DemoScenarioTests.start

    init(seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      scenario = try DemoScenario(in: &lnbits, now: now, using: &random)
    }

    mutating func run(seconds: Int, check: (SimulatedLNbits) -> Void = { _ in }) {
      for _ in 0..<seconds {
        now = Instant(uptime: now.uptime + .seconds(1), wall: now.wall + .seconds(1))
        lnbits.advance(to: now)
        scenario.step(&lnbits, now: now, using: &random)
        check(lnbits)
      }
    }
  }

  @Test("It opens with a lively till and savings, all of it in the past")
  func opening() throws {
    let shop = try Shop(seed: 1)
    let rows = shop.lnbits.ledger.rows(ofWallet: shop.scenario.till.id)
    #expect(rows.count == 121)
    #expect(rows.allSatisfy { $0.createdAt.timestamp < Self.start.wall })
    #expect(rows.contains { $0.isOutgoing && $0.fee < .zero })
    #expect(rows.contains { $0.memo.unicodeScalars.contains { $0.properties.isEmojiPresentation } })
    #expect(shop.lnbits.ledger.balance(ofWallet: shop.scenario.savings.id) > .zero)
  }

  @Test("No wallet was ever below zero, in the past or in an hour of trade", arguments: 1...6)
  func solvent(seed: Int) throws {
    var shop = try Shop(seed: UInt64(seed))
    for wallet in [shop.scenario.till, shop.scenario.savings] {
      var sum = Millisatoshi.zero
      let rows = shop.lnbits.ledger.rows(ofWallet: wallet.id)
      for row in rows.sorted(by: { $0.createdAt < $1.createdAt }) {
        sum += row.balanceEffect
        #expect(sum >= .zero)
      }
    }
    let (till, savings) = (shop.scenario.till.id, shop.scenario.savings.id)
    var lowest = Millisatoshi.zero
    shop.run(seconds: 3_600) { lnbits in
      lowest = min(
        lowest, lnbits.ledger.balance(ofWallet: till), lnbits.ledger.balance(ofWallet: savings))
    }
    #expect(lowest >= .zero)
    #expect(shop.lnbits.ledger.balance(ofWallet: till) < Millisatoshi(3_000_000_000))
  }

  @Test("Every few seconds something happens, and in an hour everything does")
  func variety() throws {
    var shop = try Shop(seed: 3)
    let before = shop.lnbits.ledger.rows.count
    shop.run(seconds: 3_600)
    let rows = shop.lnbits.ledger.rows.dropFirst(before)
    #expect((500...1_400).contains(rows.count))
    #expect(rows.contains { $0.status == .failed && $0.isOutgoing })
    #expect(rows.contains { $0.status == .success && $0.isOutgoing && $0.fee < .zero })
    #expect(rows.contains { $0.walletID == shop.scenario.savings.id && !$0.isOutgoing })
    #expect(rows.contains { $0.status == .pending && !$0.isOutgoing })
    #expect(!shop.lnbits.takeDeliveries().isEmpty)
  }

  @Test("The same seed gives the same shop, another seed another")
  func seeded() throws {
    var (first, second, other) = (try Shop(seed: 5), try Shop(seed: 5), try Shop(seed: 6))
    first.run(seconds: 120)
    second.run(seconds: 120)
    other.run(seconds: 120)
    #expect(first.lnbits.ledger.rows == second.lnbits.ledger.rows)
    #expect(first.lnbits.takeDeliveries() == second.lnbits.takeDeliveries())
    #expect(first.lnbits.ledger.rows != other.lnbits.ledger.rows)
  }
}
