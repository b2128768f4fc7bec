import Bridge
import BridgeModel
import FaultyDisk
import LNbitsSimulator
import LNbitsSource
import SQLiteStorage
import Storage
import StorageTesting

/// The bridge as a process that can die between any two effects: the cores and the real store, with
/// a shell that does what the real one does, in its order.
final class BridgeProcess {
  unowned let world: World
  private(set) var storage: SQLiteStorage!
  fileprivate var workers: SimulatedWorkers!
  /// Commits that were handed to the store, and have not been answered.
  private(set) var unanswered = 0
  private(set) var ring = StreamRing()
  private(set) var bounds: LogBounds
  private(set) var isAlive = true
  private(set) var drivers: [SimulatedDriver] = []
  private(set) var gateways: [SimulatedGateway] = []
  /// It dies after so many more steps.
  var stepsUntilDeath: Int?

  init(world: World) throws(StorageError) {
    self.world = world
    bounds = LogBounds(epoch: "", prunedThrough: 0, last: 0)
    var random = world.chance.split()
    workers = SimulatedWorkers(world, process: self)
    storage = try SQLiteStorage(
      path: world.storePath, keepEvents: world.plan.keepEvents, using: &random,
      workers: workers.submits, vfs: world.disk.name)
    bounds = storage.boundsAtOpening
    world.oracle.reopened(bounds)
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
    workers.stop()
  }

  /// A clean end.
  func stop() {
    for driver in drivers { driver.take(.stop(.stopping)) }
    guard isAlive else { return }
    storage.close {}
    workers.finish()
    guard isAlive else { return }
    die()
  }

  /// Comes after each thing that may write.
  ///
  /// - Returns: Whether it still lives.
  func hasPower() -> Bool {
    if isAlive, world.disk.isCut { world.loseWithPower(self) }
    return isAlive
  }

  // MARK: Publishing

  func load(
    _ identity: BookIdentity, answer: @escaping (Result<StoredBook?, StorageError>) -> Void
  ) {
    let confined = Confined((process: self, answer: answer))
    storage.book(for: identity) { result in
      if confined.value.process.isAlive { confined.value.answer(result) }
    }
  }

  /// - Parameters:
  ///   - answer: Tells the source.
  ///   - end: Comes when everybody has been told.
  func append(
    _ commit: Commit, from name: String, answer: @escaping (StorageError?) -> Void,
    end: @escaping () -> Void
  ) {
    let confined = Confined((process: self, answer: answer, end: end))
    unanswered += commit.events.count
    let wallet = world.walletID(named: name)
    let log = Witness(storage: storage) { entry, result in
      let written = Oracle.Written(commit: commit, entry: entry, name: name, wallet: wallet)
      return confined.value.process.hear(written, result)
    }
    Publication.carryOut(commit, from: name, in: log) { error in
      confined.value.answer(error)
      if error != nil { confined.value.end() }
    } give: { items, bounds in
      guard confined.value.process.step() else { return }
      confined.value.process.give(items, bounds)
      confined.value.end()
    }
  }

  /// The store has answered.
  ///
  /// - Returns: Whether there is still somebody to be told.
  private func hear(
    _ written: Oracle.Written, _ result: Result<Appended, StorageError>
  ) -> Bool {
    unanswered -= written.commit.events.count
    switch result {
    case .failure: return isAlive
    case .success(let appended) where isAlive:
      world.oracle.committed(written, appended.ids)
      return step()
    case .success(let appended):
      world.oracle.mayBeWritten(written, appended)
      return false
    }
  }

  func stateChanged(of driver: SimulatedDriver) {
    let data = Array(#"{"name":"\#(driver.name)"}"#.utf8)
    give([StreamItem(status: data, source: driver.name)], bounds)
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
      drivers.map(\.report), lastEventID: bounds.lastEventID, now: world.bridgeTime)
  }
}

extension BridgeProcess {
  // MARK: In the end

  /// Everything that is kept.
  func readWholeLog() -> [StoredEvent] {
    var found: [StoredEvent] = []
    answerAtOnce { (completion: @escaping StorageCompletion<LogPage<[StoredEvent]>>) in
      storage.read(
        LogRange(after: 0, through: .max), into: [], add: { $0.append(StoredEvent($1)) },
        completion: completion)
    } take: {
      found = $0.content
    }
    return found
  }

  func readBook(_ identity: BookIdentity) -> StoredBook? {
    var found: StoredBook?
    answerAtOnce { completion in
      storage.book(for: identity, completion: completion)
    } take: {
      found = $0
    }
    return found
  }

  private func answerAtOnce<Value>(
    _ ask: (@escaping StorageCompletion<Value>) -> Void, take: (Value) -> Void
  ) {
    let box = Confined(Answer<Value>())
    ask { box.value.result = $0 }
    workers.finish()
    switch box.value.result {
    case .success(let value): take(value)
    case .failure(let error): world.oracle.object("the store cannot be read: \(error)")
    case nil: world.oracle.object("the store does not answer")
    }
  }
}

private final class Answer<Value> {
  var result: Result<Value, StorageError>?
}

/// A store whose appends are seen by the oracle before anybody else hears of them.
private struct Witness: EventLog {
  let storage: SQLiteStorage
  /// - Returns: Whether there is still somebody to be answered.
  let saw: @Sendable (LogEntry, Result<Appended, StorageError>) -> Bool

  var boundsAtOpening: LogBounds { storage.boundsAtOpening }

  func append(_ entry: LogEntry, completion: @escaping StorageCompletion<Appended>) {
    storage.append(entry) { result in
      if saw(entry, result) { completion(result) }
    }
  }

  func read<Content: Sendable>(
    _ range: LogRange, into content: Content,
    add: @escaping @Sendable (inout Content, EventRow) -> Void,
    completion: @escaping StorageCompletion<LogPage<Content>>
  ) {
    storage.read(range, into: content, add: add, completion: completion)
  }
}
