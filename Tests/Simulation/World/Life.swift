import Bridge
import BridgeModel
package import FaultyDisk

/// One simulated life, from its seed.
package struct Life {
  package let seed: UInt64
  package private(set) var payments = 0
  package private(set) var faults = 0
  package private(set) var deaths = 0
  /// Those of the deaths that the power brought.
  package private(set) var powerCuts = 0
  package private(set) var events = 0
  package private(set) var received = 0
  /// How long it would have taken.
  package private(set) var simulated: Duration = .zero
  /// What went wrong; nil when nothing did.
  package private(set) var failure: String?
  /// The same for the same life.
  package private(set) var digest: UInt64 = 0

  /// The wallets and the network are given this long to calm down.
  private static let patience: Duration = .seconds(900)

  /// - Parameters:
  ///   - seed: Any.
  ///   - disk: For this thread alone.
  ///   - directory: Exists; its files are overwritten.
  ///   - tracer: Gets a line for each thing that happens.
  package init(
    seed: UInt64, disk: FaultyDisk, directory: String, tracer: ((String) -> Void)? = nil
  ) {
    self.seed = seed
    disk.fillUp(afterWrites: nil)
    Files.empty(directory)
    let world = World(seed: seed, disk: disk, directory: directory, tracer: tracer)
    live(in: world)
    failure = world.oracle.verdict
    payments = world.payments
    faults = world.faults
    deaths = world.deaths
    powerCuts = world.powerCuts
    events = world.oracle.log.count
    received = world.subscribers.reduce(0) { $0 + $1.received }
    simulated = world.uptime
    digest = world.oracle.digest
    world.end()
  }

  private func live(in world: World) {
    world.makePast()
    world.run(until: world.uptime + world.chance.milliseconds(0...60_000))
    world.launch()
    let filters: [StreamFilter] = [
      .everything, StreamFilter(sources: ["a0"]), StreamFilter(kinds: [.payment]),
      StreamFilter(sources: ["a1"], kinds: [.balance, .status]),
    ]
    for index in 0..<world.plan.subscribers {
      let subscriber = SimulatedSubscriber(
        name: "subscriber \(index)", filter: filters[index % filters.count], isSlow: index == 2,
        world: world)
      world.subscribers.append(subscriber)
      world.after(world.chance.milliseconds(0...90_000)) { subscriber.connect() }
    }
    world.planPayments()
    world.planFaults()
    while world.payments < Plan.leastPayments || world.faults < Plan.leastFaults,
      world.oracle.verdict == nil
    {
      world.run(until: world.uptime + .seconds(5))
    }
    calmDown(world)
  }

  /// Nothing goes wrong any more: soon everybody must know everything, and then nothing more may
  /// come.
  private func calmDown(_ world: World) {
    world.calm()
    let deadline = world.uptime + Self.patience
    // Whatever is under way in the wallets comes to its end.
    world.run(until: world.uptime + Plan.longestPayment)
    while let unrest = world.oracle.unrest(), world.oracle.verdict == nil {
      guard world.uptime < deadline else { return world.oracle.object("in the end \(unrest)") }
      world.run(until: world.uptime + .seconds(10))
    }
    let events = world.oracle.log.count
    world.run(until: world.uptime + world.plan.reconcileInterval + .seconds(10))
    if let unrest = world.oracle.unrest() { world.oracle.object("after the end \(unrest)") }
    if world.oracle.log.count != events { world.oracle.object("events about nothing") }
    if let process = world.process { world.oracle.checkStore(process) }
  }
}

extension World {
  /// The storm is over.
  func calm() {
    trace("CALM")
    isCalm = true
    for upstream in origins { upstream.weather.clear() }
    disk.fillUp(afterWrites: nil)
    process?.stepsUntilDeath = nil
    disk.cutPower(afterOperations: nil)
    after(.seconds(35)) { [unowned self] in
      // Those who hold an old key, or were told to stop, are told once more.
      for driver in process?.drivers ?? [] where driver.source.status.state == .failed {
        driver.reconnect()
      }
    }
  }

  func end() {
    process?.die()
    process = nil
    subscribers = []
    agenda = Agenda()
    // A socket and its server hold each other.
    for upstream in origins { upstream.sockets = [] }
  }
}

extension Oracle {
  /// FNV-1a over everything that was written down.
  var digest: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for line in log {
      for byte in line.data { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ UInt64(bitPattern: line.sequence)) &* 0x100_0000_01b3
    }
    return hash
  }
}
