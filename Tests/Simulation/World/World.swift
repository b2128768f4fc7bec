import BridgeModel
import FaultyDisk
import LNbitsSimulator

/// One simulated life: wallets, the network, the disk, a bridge that dies and comes back, and those
/// who watch it.
///
/// Everything happens on one thread, at simulated times, by chance from one seed; so a seed tells
/// the whole life.
final class World {
  let plan: Plan
  let oracle: Oracle
  let disk: FaultyDisk
  /// Where the store's files are; one for each death.
  let directory: String
  var chance: Chance
  var agenda = Agenda()
  var uptime: Duration = .zero
  private(set) var origins: [Upstream] = []
  var subscribers: [SimulatedSubscriber] = []
  /// The bridge; nil while it is dead.
  var process: BridgeProcess?
  var entries: [Plan.Entry]
  var storePath: String
  var deaths = 0
  /// Those of the deaths that the power brought.
  var powerCuts = 0
  /// What stood beside the store when the power went.
  var headAtCut: [UInt8] = []
  var payments = 0
  var faults = 0
  var isCalm = false
  var renamesLeft: Int
  private let tracer: ((String) -> Void)?

  static let epoch = Timestamp(milliseconds: 1_795_000_000_000)

  init(seed: UInt64, disk: FaultyDisk, directory: String, tracer: ((String) -> Void)?) {
    chance = Chance(seed: seed)
    plan = Plan(&chance)
    self.disk = disk
    self.directory = directory
    self.tracer = tracer
    entries = plan.entries
    storePath = directory + "/0.db"
    renamesLeft = plan.renames ? 1 : 0
    oracle = Oracle()
    oracle.world = self
    for (index, behaviour) in plan.versions.enumerated() {
      let upstream = Upstream(
        url: "https://lnbits\(index).example", behaviour: behaviour, world: self)
      for wallet in 0..<plan.walletsOfOrigin[index] { upstream.addWallet(named: "w\(wallet)") }
      origins.append(upstream)
    }
  }

  // MARK: Time

  /// The time as upstreams have it.
  var now: Instant { Instant(uptime: uptime, wall: Self.epoch + uptime) }

  /// The time as the bridge has it.
  var bridgeTime: Instant {
    Instant(uptime: uptime, wall: Self.epoch + uptime + plan.clockError)
  }

  @discardableResult
  func after(_ delay: Duration, _ action: @escaping () -> Void) -> Agenda.Ticket {
    agenda.plan(at: uptime + max(.zero, delay), action)
  }

  /// Lets happen what is planned up to a time, unless something goes wrong before.
  func run(until end: Duration) {
    while oracle.verdict == nil, let (due, action) = agenda.next() {
      guard due <= end else {
        agenda.plan(at: due, action)
        break
      }
      uptime = due
      action()
    }
    uptime = max(uptime, end)
  }

  func trace(_ line: @autoclosure () -> String) {
    guard let tracer else { return }
    let milliseconds = uptime.wholeMilliseconds
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    tracer("\(milliseconds / 1000).\(fraction)  \(line())")
  }

  // MARK: Wallets

  /// The upstream and the wallet that stand behind a name at present.
  func wallet(of entry: Plan.Entry) -> (upstream: Upstream, id: String) {
    let upstream = origins[entry.origin]
    return (upstream, upstream.walletIDs[entry.wallet])
  }

  func walletID(named name: String) -> String? {
    entries.first { $0.name == name }.map { wallet(of: $0).id }
  }
}
