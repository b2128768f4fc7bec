import BridgeModel
import TestSupport
import Testing

@testable import CashuSource

@Suite("A month")
struct LongRunTests {
  @Test("600 watches over 30 days: nothing lost, nothing doubled, every limit kept")
  func month() {
    var rig = Rig(
      SimulatedMint(),
      CashuConfiguration(
        name: "mint", reconcileInterval: .seconds(3600), heartbeatInterval: .seconds(120)))
    let quotes = (0..<500).map { "q\($0)" }
    let proofs = (0..<100).map { "Y\($0)" }
    rig.give(.start)
    rig.watch(.bolt11MintQuote, quotes)
    rig.watch(.proofState, proofs)
    let month = 30 * 24 * 3600
    var random = SeededGenerator(seed: 7)
    for quote in quotes {
      let paid = Int.random(in: 0..<month - 7200, using: &random)
      rig.change(quote, to: .paid, after: .seconds(paid))
      rig.change(quote, to: .issued, after: .seconds(paid + 3600))
    }
    for proof in proofs {
      rig.change(proof, to: .spent, after: .seconds(Int.random(in: 0..<month, using: &random)))
    }
    for _ in 0..<30 {
      rig.run(.seconds(24 * 3600))
      if Bool.random(using: &random) { rig.cut() }
    }
    rig.run(.seconds(3600))

    #expect(quotes.allSatisfy { rig.transitions(of: $0) == [.paid, .issued] })
    #expect(proofs.allSatisfy { rig.transitions(of: $0) == [.spent] })
    #expect(rig.published.count == 1100)
    #expect(rig.mint.limitedCount == 0)
    #expect(rig.mint.idleCloses == 0)
    #expect(rig.mint.mostFilters <= 1000)
    #expect(rig.mint.mostSubscriptions <= 100)
    #expect(rig.mint.connects.count > 15)
    #expect(rig.mint.mostInAMinute < 20)
  }
}
