import BridgeModel
import Testing

@testable import CashuSource

@Suite("EXPIRED is this machine's opinion, and the mint has the last word")
struct ExpiryTests {
  private static let hour: Duration = .seconds(3600)
  private static let week: Duration = .seconds(7 * 24 * 3600)

  /// A quote that is over in ten minutes, by the mint's clock.
  private func rig(
    skew: Duration = .zero, subscribes: Bool = true, kind: WatchKind = .bolt11MintQuote
  ) -> Rig {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: subscribes))
    rig.skew = skew
    rig.mint.states["q1"] = .unpaid
    rig.mint.expiries["q1"] = Rig.wallSeconds(at: .seconds(1000 + 600))
    rig.give(.start)
    rig.watch(kind, ["q1"])
    return rig
  }

  @Test(
    "With this machine's clock ahead or behind, nothing is lost",
    arguments: [-48, -2, 0, 2, 48].map { hour * $0 }, [true, false])
  func clocks(skew: Duration, subscribes: Bool) {
    var rig = rig(skew: skew, subscribes: subscribes)
    rig.change("q1", to: .paid, after: .seconds(300))
    rig.run(.seconds(300 + 75))
    #expect(rig.transitions(of: "q1").last == .paid)
    #expect(rig.transitions(of: "q1").contains(.expired) == (skew > .zero))
    rig.change("q1", to: .issued)
    rig.run(.seconds(75))
    #expect(rig.transitions(of: "q1").last == .issued)
  }

  @Test("A clock that is set ends the rest of a quote that is not over after all")
  func clockIsSet() {
    var rig = rig(skew: Self.hour * 24 * 365, subscribes: false)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "q1") == [.expired])
    rig.skew = .zero
    rig.run(.seconds(120))
    let before = rig.mint.questions.count
    rig.run(.seconds(120))
    // As often as any unpaid quote.
    #expect(rig.mint.questions.count - before >= 10)
    rig.change("q1", to: .paid)
    rig.run(.seconds(15))
    #expect(rig.transitions(of: "q1") == [.expired, .paid])
  }

  @Test(
    "It is asked about ever more rarely for a week, and then no more", arguments: [true, false])
  func schedule(restarts: Bool) {
    var rig = rig(subscribes: false)
    rig.run(.seconds(800))
    #expect(rig.transitions(of: "q1") == [.expired])
    var asked: [Int] = []
    for _ in 0..<8 {
      let before = questions(rig)
      rig.run(.seconds(24 * 3600))
      if restarts { rig.restart() }
      asked.append(questions(rig) - before)
    }
    #expect(asked[0] > asked[1] && asked[1] > asked[6])
    #expect(asked[0] <= 80)
    #expect(asked[..<7].allSatisfy { $0 >= 1 })
    // A restart asks once more.
    #expect(asked[7] <= (restarts ? 2 : 1))
  }

  private func questions(_ rig: Rig) -> Int {
    rig.mint.questions.count { $0.path != "/v1/info" }
  }

  @Test(
    "What happens within the week is told, restarted or not, and late by an eighth at most",
    arguments: [Self.hour, Self.hour * 20, Self.week - Self.hour * 24], [true, false])
  func paidLater(after age: Duration, restarts: Bool) {
    var rig = rig(subscribes: false)
    rig.run(.seconds(800))
    rig.run(age)
    if restarts { rig.restart() }
    rig.mint.states["q1"] = .paid
    rig.run(age / 8 + .seconds(90))
    #expect(rig.transitions(of: "q1") == [.expired, .paid])
    #expect(rig.published.last?.via == .poll)
  }

  @Test("While it is subscribed it is told at once, after a cut too")
  func subscribed() {
    var rig = rig()
    rig.run(Self.hour * 10)
    #expect(rig.transitions(of: "q1") == [.expired])
    rig.cut()
    rig.run(.seconds(10))
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.expired, .paid])
    #expect(rig.published.last?.via == .websocket)
  }

  @Test("A melt quote that was expired goes on as well")
  func melt() {
    var rig = rig(kind: .bolt11MeltQuote)
    rig.run(.seconds(800))
    rig.change("q1", to: .pending)
    rig.change("q1", to: .paid, after: .seconds(1))
    rig.run(.seconds(2))
    #expect(rig.transitions(of: "q1") == [.expired, .pending, .paid])
  }

  @Test("UNKNOWN is an end")
  func unknown() {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: false))
    rig.give(.start)
    rig.watchStranger(.bolt11MintQuote, "q1")
    rig.run(.seconds(120))
    #expect(rig.transitions(of: "q1") == [.unknown])
    rig.change("q1", to: .paid)
    rig.run(Self.hour)
    rig.restart()
    rig.run(Self.hour)
    #expect(rig.transitions(of: "q1") == [.unknown])
  }

  @Test("A thousand of them hold nobody up, and keep the mint's limits")
  func thousand() {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: false, batches: false))
    let old = (0..<1000).map { "old\($0)" }
    for id in old {
      rig.mint.states[id] = .unpaid
      rig.mint.expiries[id] = Rig.wallSeconds(at: .seconds(1))
      rig.remember(id, .expired, expiry: Rig.wallSeconds(at: .seconds(1)))
    }
    rig.restart()
    rig.watch(.bolt11MintQuote, ["new"])
    rig.run(.seconds(600))
    rig.change("new", to: .paid)
    rig.run(.seconds(30))
    #expect(rig.transitions(of: "new") == [.paid])
    // And the old ones have their turns too.
    #expect(rig.mint.questions.count { $0.path.contains("old") } >= 10)
    #expect(rig.mint.mostInAMinute < 20)
  }
}

@Suite("NUT-25: a bolt12 offer is paid again and again")
struct OfferTests {
  private func sums(_ rig: Rig) -> [[Int64?]] {
    rig.published.map { [$0.amountPaid, $0.amountIssued] }
  }

  @Test("Each payment and each issue is told, with its sums", arguments: [true, false])
  func each(subscribes: Bool) {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: subscribes))
    rig.mint.sums["q1"] = (0, 0)
    rig.give(.start)
    rig.watch(.bolt12MintQuote, ["q1"])
    rig.run(.seconds(30))
    #expect(rig.published.isEmpty)
    for (paid, issued) in [(100, 0), (250, 0), (250, 250), (300, 250), (300, 300), (301, 301)] {
      rig.change("q1", paid: Int64(paid), issued: Int64(issued))
      rig.run(.seconds(30))
    }
    #expect(
      rig.transitions(of: "q1") == [.paid, .paid, .issued, .paid, .issued, .issued])
    #expect(rig.published.map(\.previousState) == [.unpaid, .paid, .paid, .issued, .paid, .issued])
    #expect(
      sums(rig) == [[100, 0], [250, 0], [250, 250], [300, 250], [300, 300], [301, 301]])
    #expect(rig.published.allSatisfy { $0.unit == "sat" && $0.amount == nil })
    #expect(rig.published.allSatisfy { $0.via == (subscribes ? .websocket : .poll) })
  }

  @Test("Across a restart nothing is told twice, and what came meanwhile once")
  func restart() {
    var rig = Rig()
    rig.mint.sums["q1"] = (0, 0)
    rig.give(.start)
    rig.watch(.bolt12MintQuote, ["q1"])
    rig.run(.seconds(5))
    rig.change("q1", paid: 5, issued: 5)
    rig.run(.seconds(5))
    rig.restart()
    rig.run(.seconds(120))
    #expect(sums(rig) == [[5, 5]])
    rig.mint.sums["q1"] = (9, 5)
    rig.restart()
    rig.run(.seconds(5))
    #expect(sums(rig) == [[5, 5], [9, 5]])
    #expect(rig.transitions(of: "q1") == [.issued, .paid])
  }

  @Test("An older word that was overtaken is dropped")
  func regressions() throws {
    var record = WatchRecord(
      handle: WatchHandle("w_1"), kind: .bolt12MintQuote, secret: WatchSecret("q"))
    let now = Timestamp(milliseconds: 1_780_000_000_000)
    for (paid, issued) in [(300, 100), (200, 100), (300, 0)] {
      let report = WatchReport(
        secret: "q", state: .paid, amountPaid: Int64(paid), amountIssued: Int64(issued))
      let next = record.updated(by: report, at: now)
      #expect(next.isNews(after: record) == (record.amountPaid == nil))
      record = next
    }
    #expect((record.amountPaid, record.amountIssued) == (300, 100))
    #expect(record.state == .paid)
  }

  @Test("Quotes that can be paid once keep their end, whatever sums they carry")
  func others() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.watch(.bolt12MeltQuote, ["q2"])
    rig.run(.seconds(5))
    rig.mint.objects["q1"] =
      #"{"quote":"q1","state":"PAID","unit":"sat","amount_paid":5,"amount_issued":0}"#
    rig.mint.objects["q2"] = #"{"quote":"q2","state":"PAID","amount":5,"amount_paid":5}"#
    rig.change("q1", to: .paid)
    rig.change("q2", to: .paid)
    rig.run(.seconds(5))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.transitions(of: "q2") == [.paid])
    #expect(rig.published.allSatisfy { $0.amountPaid == nil && $0.amountIssued == nil })
  }

  @Test("An offer that nobody paid in time is over, and paid all the same when somebody does")
  func expires() {
    var rig = Rig()
    rig.mint.objects["q1"] =
      #"{"quote":"q1","unit":"sat","amount_paid":0,"amount_issued":0,"expiry":1780000001}"#
    rig.give(.start)
    rig.watch(.bolt12MintQuote, ["q1"])
    rig.run(.seconds(120))
    #expect(rig.transitions(of: "q1") == [.expired])
    rig.mint.objects["q1"] = nil
    rig.change("q1", paid: 7, issued: 0)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.expired, .paid])
    #expect(rig.published.last?.amountPaid == 7)
  }
}
