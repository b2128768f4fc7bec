import SQLiteStorage

/// The threads of a store in simulated time: each does one thing after another, and takes its time.
final class SimulatedWorkers {
  /// What one thread has to do, in order.
  private final class Lane {
    private unowned let world: World
    private let delay: (World) -> Duration
    private var waiting: [() -> Void] = []
    private var isBusy = false

    init(_ world: World, delay: @escaping (World) -> Duration) {
      self.world = world
      self.delay = delay
    }

    func submit(_ work: @escaping () -> Void) {
      waiting.append(work)
      guard !isBusy else { return }
      isBusy = true
      begin()
    }

    private func begin() {
      world.after(delay(world)) { [self] in
        guard !waiting.isEmpty else { return isBusy = false }
        waiting.removeFirst()()
        if waiting.isEmpty { isBusy = false } else { begin() }
      }
    }

    /// Does at once what waits.
    func flush() {
      while !waiting.isEmpty { waiting.removeFirst()() }
    }

    func drop() { waiting = [] }
  }

  private let writer: Lane
  private let logReader: Lane
  private let other: Lane
  private let answers: Lane
  private unowned let process: BridgeProcess

  init(_ world: World, process: BridgeProcess) {
    self.process = process
    writer = Lane(world) { world in
      // Now and then the disk takes its time, and more comes together in one transaction.
      world.chance.happens(0.03) ? world.chance.milliseconds(100...4000) : .microseconds(300)
    }
    logReader = Lane(world) { $0.chance.milliseconds(0...2) }
    other = Lane(world) { $0.chance.milliseconds(0...20) }
    answers = Lane(world) { _ in .zero }
  }

  /// For a store. All of it happens on the one thread of the life.
  var submits: StorageWorkers {
    let confined = Confined(self)
    return StorageWorkers(
      write: { work in confined.value.write(work) },
      readLog: { work in confined.value.logReader.submit(work) },
      work: { work in confined.value.upkeep(work) },
      deliver: { work in confined.value.answers.submit(work) })
  }

  /// The process may die before it writes, and before anybody hears what it wrote.
  private func write(_ work: @escaping () -> Void) {
    writer.submit { [unowned self] in
      guard process.step() else { return }
      work()
      guard process.hasPower() else { return }
      _ = process.step()
    }
  }

  private func upkeep(_ work: @escaping () -> Void) {
    other.submit { [unowned self] in
      work()
      _ = process.hasPower()
    }
  }

  /// Nothing more is done; what was done already is answered to nobody but the oracle.
  func stop() {
    for lane in [writer, logReader, other] { lane.drop() }
    answers.flush()
  }

  /// A clean end: all of it is done.
  func finish() {
    for _ in 0..<4 { for lane in [logReader, other, writer, answers] { lane.flush() } }
  }
}

/// Something of a life, for closures that have to be sendable.
///
/// `@unchecked Sendable` is right because a whole life happens on one thread.
struct Confined<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
