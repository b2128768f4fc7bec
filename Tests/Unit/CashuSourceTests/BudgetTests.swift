import BridgeModel
import TestSupport
import Testing

@testable import CashuSource

@Suite("The budget keeps a share back for what restores a connection")
struct BudgetTests {
  private static let eager = CashuConfiguration(
    name: "mint", heartbeatInterval: .milliseconds(1500), heartbeatTimeout: .seconds(1))

  @Test(
    "However quick the heartbeat, a cut connection is subscribed anew within seconds",
    arguments: [1, 21, 120], [10.0, 61, 95, 400])
  func probesLeaveRoom(watches: Int, seconds: Double) {
    var rig = Rig(SimulatedMint(), Self.eager)
    let ids = (0..<watches).map { "q\($0)" }
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ids)
    rig.run(.seconds(seconds))
    #expect(rig.source.status.delivery == .live)
    rig.cut()
    for id in ids { rig.change(id, to: .paid) }
    rig.run(.seconds(3))
    #expect(rig.source.status.state == .connected)
    #expect(ids.allSatisfy { rig.transitions(of: $0) == [.paid] })
    rig.run(.seconds(120))
    #expect(rig.mint.limitedCount == 0)
    #expect(rig.mint.mostInAMinute < 20)
  }

  @Test("What finds no room at once says so, and is covered soon")
  func manyGroups() {
    var rig = Rig(SimulatedMint(), Self.eager)
    let ids = (0..<700).map { "q\($0)" }
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ids)
    rig.run(.seconds(95))
    rig.cut()
    rig.run(.seconds(3))
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .rateLimited)
    rig.run(.seconds(125))
    #expect(rig.source.status.delivery == .live)
    for id in ids { rig.change(id, to: .paid) }
    rig.run(.seconds(1))
    #expect(rig.published.count == 700)
    #expect(rig.published.allSatisfy { $0.via == .websocket })
    #expect(rig.mint.limitedCount == 0)
  }

  @Test("Polls of something unsettled go on while the socket cannot be opened")
  func pollsGoOn() {
    var rig = Rig(SimulatedMint(), Self.eager)
    let ids = (0..<21).map { "q\($0)" }
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ids)
    rig.run(.seconds(60))
    rig.mint.refusesUpgrades = true
    rig.cut()
    rig.change("q7", to: .paid)
    rig.run(.seconds(20))
    #expect(rig.transitions(of: "q7") == [.paid])
    #expect(rig.source.status.delivery == .polling)
    #expect(rig.source.status.state != .connected)
  }

  @Test("Who waits for the mint's limits says so, and until when")
  func waits() throws {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, (0..<40).map { "q\($0)" })
    var waiting: SourceStatus?
    var waitingSince: Duration = .zero
    // A mint that closes whatever is opened: each time a connect and a subscription.
    for _ in 0..<100 where waiting == nil {
      rig.run(.milliseconds(500))
      rig.cut(code: 1001)
      for _ in 0..<70 where waiting == nil {
        rig.run(.seconds(1))
        let status = rig.source.status
        if status.delivery == .rateLimited, status.state != .connected {
          waiting = status
          waitingSince = rig.now
        }
        if status.state == .connected { break }
      }
    }
    let status = try #require(waiting)
    #expect(status.reason == .rateLimited)
    let retryAt = try #require(status.nextRetryAt)
    #expect(retryAt > rig.instant.wall && retryAt <= rig.instant.wall + MintBudget.window)
    rig.run(retryAt - rig.instant.wall + .seconds(1))
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .live)
    #expect(rig.source.status.nextRetryAt == nil)
    #expect(rig.now - waitingSince <= .seconds(63))
    #expect(rig.mint.limitedCount == 0)
  }

  @Test("After an outage delivery is what state says, at once")
  func afterAnOutage() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(60))
    rig.mint.isReachable = false
    rig.cut()
    rig.run(.seconds(40))
    #expect(rig.source.status.delivery == .unreachable)
    rig.mint.isReachable = true
    for _ in 0..<1000 where rig.source.status.state != .connected { rig.run(.milliseconds(100)) }
    #expect(rig.source.status.delivery == .live)
  }

  @Test("Paused, nothing is delivered, whatever was before")
  func paused() {
    var rig = Rig()
    rig.give(.start)
    rig.run(.seconds(30))
    rig.give(.stop(.paused))
    #expect(rig.source.status.delivery == .unreachable)
  }

  @Test("A polled mint that gains NUT-17 is noticed within an hour", arguments: [1, 300])
  func gains(watches: Int) {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: false, batches: false))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, (0..<watches).map { "q\($0)" })
    rig.run(.seconds(7200))
    rig.mint.advertisesSubscriptions = true
    rig.run(.seconds(3600))
    #expect(rig.source.status.delivery == .live)
    rig.change("q0", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.published.map(\.via) == [.websocket])
  }

  /// The rig itself holds state and delivery to each other after each input.
  @Test(
    "Random lives: delivery agrees with state at every moment, and nothing is lost",
    arguments: 0..<40)
  func randomLives(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let heartbeat = Double.random(in: 1.5...60, using: &random)
    var rig = Rig(
      SimulatedMint(
        dialect: SimulatedMint.Dialect.allCases.randomElement(using: &random) ?? .nutshell),
      seed: UInt64(seed),
      CashuConfiguration(
        name: "mint", usesSocket: seed % 5 != 0, heartbeatInterval: .seconds(heartbeat)))
    let ids = (0..<Int.random(in: 1...60, using: &random)).map { "q\($0)" }
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ids)
    for _ in 0..<60 {
      happen(&rig, &random)
      rig.run(.seconds(Double.random(in: 0...40, using: &random)))
    }
    for id in ids { rig.mint.states[id] = .paid }
    mend(&rig)
    rig.run(.seconds(900))
    #expect(rig.source.status.state == .connected)
    #expect(ids.allSatisfy { rig.transitions(of: $0) == [.paid] })
  }

  private func happen(_ rig: inout Rig, _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<14, using: &random) {
    case 0, 1: rig.cut(code: [1000, 1001, 1006, 1011, 1012].randomElement(using: &random) ?? 1006)
    case 2: rig.mint.isReachable.toggle()
    case 3: rig.mint.isHung.toggle()
    case 4: rig.mint.isDeafToRequests.toggle()
    case 5: rig.mint.isMute.toggle()
    case 6: rig.mint.refusesUpgrades.toggle()
    case 7: rig.mint.advertisesSubscriptions.toggle()
    case 8: rig.give(.stop(.paused))
    case 9: rig.give(.start)
    case 10: rig.give(.reconnect(keyFingerprint: ""))
    case 11: rig.give(.networkChanged)
    case 12: rig.failsCommits.toggle()
    default:
      rig.text(#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Rate limit"},"id":0}"#)
    }
  }

  private func mend(_ rig: inout Rig) {
    rig.mint.isReachable = true
    rig.mint.isHung = false
    rig.mint.isDeafToRequests = false
    rig.mint.isMute = false
    rig.mint.refusesUpgrades = false
    rig.mint.advertisesSubscriptions = true
    rig.failsCommits = false
    rig.give(.reconnect(keyFingerprint: ""))
  }
}
