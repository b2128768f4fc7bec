import BridgeModel
import Testing

@testable import CashuSource

@Suite("NUT-17: mints as they really behave")
struct MintTests {
  @Test(
    "Every kind of mint is followed for a day, and never taken for dead",
    arguments: SimulatedMint.Dialect.allCases)
  func everyDialect(dialect: SimulatedMint.Dialect) {
    var rig = Rig(SimulatedMint(dialect: dialect))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2"])
    rig.watch(.proofState, ["Y1"])
    rig.run(.seconds(12 * 3600))
    rig.change("q1", to: .paid)
    rig.change("Y1", to: .spent)
    rig.run(.seconds(12 * 3600))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.transitions(of: "Y1") == [.spent])
    #expect(rig.published.allSatisfy { $0.via == .websocket })
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .live)
    #expect(rig.source.status.metrics.disconnections == 0)
    #expect(rig.mint.limitedCount == 0)
    #expect(rig.mint.mostFilters < 1000)
  }

  @Test("A mint that notifies twice publishes once")
  func stutter() {
    var rig = Rig(SimulatedMint(stutters: true))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(5))
    rig.change("q1", to: .paid)
    rig.run(.seconds(600))
    #expect(rig.transitions(of: "q1") == [.paid])
  }

  @Test("Probes answered by errors, or by errors without an id, prove life all the same")
  func errorsAreLife() {
    for hasID in [true, false] {
      var rig = Rig(SimulatedMint(refusesProbes: hasID, answersProbesWithoutID: !hasID))
      rig.give(.start)
      rig.watch(.bolt11MintQuote, ["q1"])
      rig.run(.seconds(3600))
      #expect(rig.source.status.state == .connected)
      #expect(rig.source.status.metrics.disconnections == 0)
      #expect(rig.mint.messages.contains { $0.text.contains("probe-") })
    }
  }

  @Test("A mint that closes on unsubscribe is soon only pinged, and not driven into a loop")
  func closesOnUnsubscribe() {
    var rig = Rig(SimulatedMint(closesOnUnsubscribe: true))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(6 * 3600))
    // Two strikes, and then a rotation every nine minutes, before the mint's idle close.
    #expect(rig.source.status.metrics.disconnections == 2)
    #expect(rig.mint.connects.count <= 3 + 6 * 3600 / 540)
    #expect(rig.mint.idleCloses == 0)
    #expect(rig.mint.pings > 100)
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.paid])
  }

  @Test("Nutmix is pinged from the start")
  func nutmixIsPinged() {
    var rig = Rig(SimulatedMint(dialect: .nutmix, version: "nutmix/0.4"))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(3600))
    #expect(!rig.mint.messages.contains { $0.text.contains("probe-") })
    #expect(rig.mint.pings > 100)
    #expect(rig.source.status.metrics.disconnections == 0)
  }

  @Test("One quote that a mint closes the connection over is found, and only polled")
  func poison() {
    var rig = Rig(SimulatedMint(poison: "q17"))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, (0..<50).map { "q\($0)" })
    rig.run(.seconds(1800))
    let connects = rig.mint.connects.count
    #expect(connects < 15)
    rig.change("q17", to: .paid)
    rig.change("q18", to: .paid)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "q17") == [.paid])
    #expect(rig.transitions(of: "q18") == [.paid])
    #expect(Set(rig.published.map(\.via)) == [.poll, .websocket])
    rig.run(.seconds(3600))
    #expect(rig.mint.connects.count == connects)
  }

  @Test("A mint that acknowledges and never notifies: polls publish, and delivery says polling")
  func mute() {
    var rig = Rig(SimulatedMint(isMute: true))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2"])
    rig.run(.seconds(30))
    #expect(rig.source.status.delivery == .live)
    rig.change("q1", to: .paid)
    rig.run(.seconds(120))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.published.first?.via == .poll)
    #expect(rig.source.status.delivery == .polling)
    rig.mint.isMute = false
    rig.change("q1", to: .issued)
    rig.run(.seconds(1))
    #expect(rig.published.last?.via == .websocket)
    #expect(rig.source.status.delivery == .live)
  }

  @Test("A mint without NUT-17 is connected once it answers, and polled fast")
  func withoutSubscriptions() {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: false))
    rig.give(.start)
    rig.run(.seconds(1))
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .polling)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(30))
    rig.change("q1", to: .paid)
    rig.run(.seconds(15))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.mint.connects.isEmpty)
  }

  @Test("A mint whose idle close comes after 6 s is come back to, without a rush")
  func shortIdleClose() {
    var rig = Rig(SimulatedMint(readTimeout: .seconds(6)))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(3600))
    #expect(rig.mint.idleCloses > 10)
    #expect(rig.mint.limitedCount == 0)
    #expect(rig.source.status.metrics.lastCloseCode == 1000)
    rig.change("q1", to: .paid)
    rig.run(.seconds(70))
    #expect(rig.transitions(of: "q1") == [.paid])
  }
}
