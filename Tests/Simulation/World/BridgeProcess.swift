import Bridge
import BridgeModel
import EventStore
import FaultyDisk
import LNbitsSimulator
import LNbitsSource

/// The bridge as a process that can die between any two effects: the cores and the real store, with
/// a shell that does what the real one does, in its order.
final class BridgeProcess {
  unowned let world: World
  let store: EventStore
  let reader: StoreReader
  private(set) var ring = StreamRing()
  private(set) var bounds: LogBounds
  private(set) var isAlive = true
  private(set) var drivers: [SimulatedDriver] = []
  private(set) var gateways: [SimulatedGateway] = []
  /// It dies after so many more steps.
  var stepsUntilDeath: Int?

  init(world: World) throws(StoreError) {
    self.world = world
    var random = world.chance.split()
    store = try EventStore(
      path: world.storePath, keepEvents: world.plan.keepEvents, using: &random,
      vfs: world.disk.name)
    reader = try store.makeReader()
    bounds = store.bounds
    gateways = world.origins.map {
      SimulatedGateway(
        $0, requestsPerMinute: world.plan.requestsPerMinute, process: self, world: world)
    }
    for entry in world.entries { add(entry) }
  }

  private func add(_ entry: Plan.Entry) {
    let (upstream, id) = world.wallet(of: entry)
    let key = upstream.key(ofWallet: id)
    let source = LNbitsSource(
      LNbitsConfiguration(
        name: entry.name, origin: upstream.url, keyFingerprint: Self.fingerprint(key),
        reconcileInterval: world.plan.reconcileInterval),
      now: world.bridgeTime)
    drivers.append(
      SimulatedDriver(
        source, key: key, gateway: gateways[entry.origin], process: self, world: world))
  }

  static func fingerprint(_ key: String) -> String { "fingerprint-of-\(key)" }

  func start() {
    for driver in drivers { driver.take(.start) }
  }

  func driver(named name: String) -> SimulatedDriver? {
    drivers.first { $0.name == name }
  }

  // MARK: Death

  /// Comes before each thing that can be seen from outside.
  ///
  /// - Returns: whether it still lives.
  func step() -> Bool {
    guard isAlive else { return false }
    guard let left = stepsUntilDeath else { return true }
    stepsUntilDeath = left - 1
    if left <= 1 { world.kill(self) }
    return isAlive
  }

  /// Nothing that it does from now on is seen by anyone.
  func die() {
    isAlive = false
    for driver in drivers { driver.dropSocket() }
    for gateway in gateways { gateway.close() }
  }

  /// A clean end.
  func stop() {
    for driver in drivers { driver.take(.stop(.stopping)) }
    guard isAlive else { return }
    die()
    store.close()
  }

  // MARK: Publishing

  func publish(
    _ commit: Commit, from name: String, committed: () -> Void
  ) throws(StoreError) {
    try Publication.carryOut(
      commit, from: name, log: MortalLog(self, commit, name), committed: committed
    ) { items, bounds in
      guard step() else { return }
      give(items, bounds)
    }
  }

  func stateChanged(of driver: SimulatedDriver) {
    let data = Array(#"{"name":"\#(driver.name)"}"#.utf8)
    give([StreamItem(status: data, source: driver.name)], store.bounds)
  }

  private func give(_ items: [StreamItem], _ bounds: LogBounds) {
    world.oracle.checkGiven(items)
    self.bounds = bounds
    for item in items { ring.append(item) }
    for subscriber in world.subscribers { subscriber.flush() }
  }

  /// What a subscriber is shown of everything, at this moment.
  func snapshot() -> [UInt8] {
    SnapshotDocument.encode(
      drivers.map(\.report), lastEventID: store.lastEventID, now: world.bridgeTime)
  }
}

/// The store of a process that may die just before or just after it wrote something down.
private struct MortalLog: EventLog {
  private let process: BridgeProcess
  private let commit: Commit
  private let name: String

  init(_ process: BridgeProcess, _ commit: Commit, _ name: String) {
    self.process = process
    self.commit = commit
    self.name = name
  }

  var bounds: LogBounds { process.store.bounds }

  func append(_ entries: [LogEntry]) throws(StoreError) -> [EventID] {
    guard process.step() else { throw StoreError(.closed, path: "") }
    let ids = try process.store.append(entries)
    process.world.oracle.committed(commit, from: name, ids: ids, entries: entries)
    _ = process.step()
    return ids
  }

  func makeReader() throws(StoreError) -> StoreReader { try process.store.makeReader() }
}
