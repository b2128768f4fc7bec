import BridgeModel
import Testing

@testable import LNbitsSource

/// LNbits 1.4.1 on PostgreSQL writes its database's local time without saying so.
@Suite("Times without a zone")
struct ZoneTests {
  /// As 1.4.1 does: the update in local time, the creation shifted once more by the second write.
  private static func row(
    _ id: String, hoursEast: Double, settled: Timestamp, writes: Int = 2
  ) -> (inout WalletRow) -> Void {
    let offset = Duration.seconds(hoursEast * 3600)
    func local(_ time: Timestamp) -> String { String((time).rfc3339.dropLast()) }
    return { row in
      row.raw = """
        {"checking_id":"\(id)","payment_hash":"\(id)","wallet_id":"wallet-1","amount":1000,"fee":0,\
        "status":"success","memo":"","expiry":"\(local(settled + offset + .seconds(3600)))",\
        "time":"\(local(settled - .seconds(20) + offset * writes))",\
        "updated_at":"\(local(settled + offset))"}
        """
    }
  }

  static let offsets = [5.5, -5, 14, -12, 0, 12.75, -3.5, 1]

  @Test("are told by a payment that settles before our eyes", arguments: offsets)
  func live(hoursEast: Double) throws {
    var world = World.connected { $0.lnbits.version = "1.4.1" }
    world.run(.seconds(61))
    let settled = world.now.wall - .milliseconds(700)
    world.add("p", 1000, change: Self.row("p", hoursEast: hoursEast, settled: settled))
    world.frame("{\"wallet_balance\":100001}")
    world.run(.seconds(1))
    let payment = try #require(world.payments.first)
    #expect(payment.settledAt == settled && !payment.isLate)
    #expect(payment.createdAt <= payment.observedAt)
    if hoursEast >= 0 { #expect(payment.createdAt == settled - .seconds(20)) }
    // Another one, after a time without a bridge: its zone is known by now.
    world.run(.seconds(1))
    let later = world.now.wall
    world.feed(.stop(.paused))
    world.run(.seconds(7200))
    world.add("q", 1000, change: Self.row("q", hoursEast: hoursEast, settled: later))
    world.feed(.start)
    world.run(.seconds(2))
    #expect(world.payments.last?.settledAt == later && world.payments.last?.isLate == true)
  }

  @Test("are never after the moment of seeing them", arguments: offsets)
  func past(hoursEast: Double) {
    var world = World()
    world.lnbits.version = "1.4.1"
    let settled = world.now.wall - .seconds(60)
    world.add("p", 1000, change: Self.row("p", hoursEast: hoursEast, settled: settled))
    world.feed(.start)
    world.run(.seconds(3))
    let payment = world.store.books[0].payments["p"]
    #expect(payment?.settledAt.map { $0 <= payment!.observedAt } == true)
    #expect(payment.map { $0.createdAt <= $0.observedAt } == true)
    #expect(payment?.isLate == false, "nobody was there to be told late")
  }

  @Test("with a zone are the upstream's own, whatever this machine's clock says")
  func named() {
    var world = World.connected()
    let ahead = world.now.wall + .seconds(7200)
    world.add("p", 1000) {
      $0.time = ahead
      $0.updated = ahead
    }
    world.announce("p")
    world.run(.seconds(1))
    #expect(world.payments.first?.settledAt == ahead && world.payments.first?.createdAt == ahead)
  }

  @Test("seconds since the epoch are local time too where 0.12 stands on PostgreSQL")
  func numbers() {
    var world = World.connected {
      $0.lnbits.version = "0.12.12"
      $0.lnbits.refusesSorting = true
    }
    let local = (world.now.wall + .seconds(19_800)).milliseconds / 1000
    world.add("p", 1000) {
      $0.raw = """
        {"checking_id":"p","payment_hash":"p","wallet_id":"wallet-1","amount":1000,"pending":false,\
        "time":\(local)}
        """
    }
    world.frame("{\"wallet_balance\":100001}")
    world.run(.seconds(1))
    #expect(world.payments.count == 1)
    #expect(world.payments.allSatisfy { $0.createdAt <= $0.observedAt })
    #expect(world.payments.allSatisfy { $0.settledAt == $0.observedAt })
  }

  // MARK: The zone itself

  private static let noon = Timestamp(milliseconds: 1_795_000_000_000)

  @Test(
    "is learned only where one offset fits",
    arguments: [
      (19_800, 60, true), (19_800 - 240, 60, false), (-43_200, 600, true), (-43_200, 601, false),
      (50_400, 60, true), (51_300, 60, false), (400, 60, false),
    ])
  func learns(secondsAhead: Int, window: Int, isLearned: Bool) {
    var zone = UpstreamZone()
    zone.learn(
      from: Self.noon + .seconds(secondsAhead), settledBetween: Self.noon - .seconds(window),
      and: Self.noon)
    #expect((zone.offset != nil) == isLearned)
  }

  @Test("is learned anew when its summer ends")
  func summer() {
    var zone = UpstreamZone()
    for hours in [2, 1] {
      zone.learn(
        from: Self.noon + .seconds(hours * 3600), settledBetween: Self.noon - .seconds(10),
        and: Self.noon)
      #expect(zone.offset == .seconds(hours * 3600))
    }
  }
}
