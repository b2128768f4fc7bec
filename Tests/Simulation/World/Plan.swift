import BridgeModel
import LNbitsSimulator

/// What a life is like: drawn once, at its beginning.
struct Plan {
  /// Which wallet stands under which name in the configuration.
  struct Entry: Hashable {
    var name: String
    var origin: Int
    /// The wallet's place among those of its origin.
    var wallet: Int
  }

  static let leastPayments = 100
  static let leastFaults = 20
  static let requestTimeout: Duration = .seconds(30)
  /// Whatever is under way in the wallets comes to its end within this.
  static let longestPayment: Duration = .seconds(310)

  var versions: [Behaviour]
  var walletsOfOrigin: [Int]
  var entries: [Entry]
  var requestsPerMinute: Int
  var reconcileInterval: Duration
  var keepEvents: Int
  /// How far the bridge's wall clock is off.
  var clockError: Duration
  /// Between two occasions on which somebody pays.
  var paymentGap: ClosedRange<Int>
  var faultGap: ClosedRange<Int>
  var subscribers: Int
  /// At one restart a name is given to another wallet.
  var renames: Bool

  init(_ chance: inout Chance) {
    versions = (0..<2).map { _ in
      var version = chance.pick([Behaviour.v1_6_2, .v1_6_2, .v1_4_1, .v1_0_0])
      if chance.happens(0.4) { version.frameDelay = chance.milliseconds(1...900) }
      if chance.happens(0.3) { version.answerLag = chance.milliseconds(1...1500) }
      return version
    }
    walletsOfOrigin = [chance.number(2...3), 1]
    entries = []
    for (origin, count) in walletsOfOrigin.enumerated() {
      for wallet in 0..<count {
        entries.append(
          Entry(name: "\(["a", "b"][origin])\(wallet)", origin: origin, wallet: wallet))
      }
    }
    // A wallet that the bridge is not told of at first.
    walletsOfOrigin[0] += 1
    requestsPerMinute = chance.pick([12, 40, 60, 150])
    reconcileInterval = .seconds(chance.number(60...150))
    keepEvents = chance.happens(0.3) ? chance.number(10...60) : 100_000
    clockError = .milliseconds(chance.number(-3000...3000))
    paymentGap = 200...chance.pick([12_000, 20_000, 30_000])
    faultGap = 500...chance.pick([25_000, 40_000])
    subscribers = chance.number(2...4)
    renames = chance.happens(0.5)
  }
}
