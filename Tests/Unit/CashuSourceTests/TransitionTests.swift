import BridgeModel
import Testing

@testable import CashuSource

@Suite("NUT-04, NUT-05, NUT-07: states and their order")
struct TransitionTests {
  @Test(
    "Each kind goes its way, and each step is published once",
    arguments: [
      (WatchKind.bolt11MintQuote, [WatchState.paid, .issued]),
      (.bolt12MintQuote, [.paid, .issued]),
      (.bolt11MeltQuote, [.pending, .paid]),
      (.bolt12MeltQuote, [.pending, .paid]),
      (.bolt11MeltQuote, [.pending, .unpaid, .pending, .paid]),
      (.proofState, [.pending, .spent]),
      (.proofState, [.pending, .unspent, .spent]),
    ])
  func followsTheWay(kind: WatchKind, way: [WatchState]) {
    var rig = Rig()
    let id = kind == .proofState ? "Y1" : "q1"
    rig.give(.start)
    rig.watch(kind, [id])
    rig.run(.seconds(1))
    for state in way {
      rig.change(id, to: state)
      rig.run(.seconds(1))
    }
    rig.run(.seconds(300))
    #expect(rig.transitions(of: id) == way)
    #expect(rig.published.map(\.previousState) == [kind.firstState] + way.dropLast())
    #expect(rig.published.allSatisfy { $0.via == .websocket })
  }

  @Test(
    "Echoes, regressions and states of another kind are dropped",
    arguments: [
      (WatchKind.bolt11MintQuote, WatchState.paid, WatchState.unpaid),
      (.bolt11MintQuote, .paid, .paid), (.bolt11MintQuote, .issued, .paid),
      (.bolt11MintQuote, .unpaid, .spent), (.bolt11MeltQuote, .paid, .unpaid),
      (.bolt11MeltQuote, .paid, .pending), (.proofState, .spent, .unspent),
      (.proofState, .unspent, .issued),
    ])
  func dropsRegressions(kind: WatchKind, from: WatchState, to: WatchState) {
    #expect(!kind.admits(to, after: from))
  }

  @Test("An unpaid quote ends EXPIRED once its time is over and the mint still calls it unpaid")
  func expires() {
    var rig = Rig()
    rig.mint.states["q1"] = .unpaid
    rig.mint.expiries["q1"] = Rig.wallSeconds(at: .seconds(1000 + 600))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(650))
    #expect(rig.transitions(of: "q1") == [])
    rig.run(.seconds(200))
    #expect(rig.transitions(of: "q1") == [.expired])
    // The mint has the last word.
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.expired, .paid])
    #expect(rig.published.last?.previousState == .expired)
  }

  @Test("A paid quote does not expire")
  func paidStaysPaid() {
    var rig = Rig()
    rig.mint.states["q1"] = .unpaid
    rig.mint.expiries["q1"] = Rig.wallSeconds(at: .seconds(1000 + 600))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.change("q1", to: .paid, after: .seconds(500))
    rig.run(.seconds(2000))
    #expect(rig.transitions(of: "q1") == [.paid])
  }

  @Test("A quote that the mint does not know ends UNKNOWN, and others in its batch do not")
  func unknown() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2"])
    rig.watchStranger(.bolt11MintQuote, "q3")
    rig.run(.seconds(400))
    #expect(rig.transitions(of: "q3") == [.unknown])
    rig.change("q1", to: .paid)
    rig.run(.seconds(10))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.transitions(of: "q2") == [])
  }

  @Test("What could not be written down has not happened; a poll brings it back")
  func storageFails() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(70))
    rig.failsCommits = true
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.source.status.reason == .storage)
    #expect(rig.published.isEmpty)
    rig.failsCommits = false
    rig.run(.seconds(120))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.source.status.state == .connected)
  }

  @Test("A secret has no printable form")
  func secretsDoNotPrint() {
    let record = WatchRecord(
      handle: WatchHandle("w_1"), kind: .proofState, secret: WatchSecret("hush"))
    var dumped = ""
    dump(record, to: &dumped)
    for text in ["\(record)", String(reflecting: record), dumped, "\(record.secret)"] {
      #expect(!text.contains("hush"))
    }
  }
}
