import Bridge
import BridgeModel
import SQLiteStorage
import ServerSentEvents
import Storage

/// Somebody who reads the event stream: comes, reads at its own pace, drops, and comes back by its
/// last id.
final class SimulatedSubscriber {
  let name: String
  let filter: StreamFilter
  private unowned let world: World
  private let isSlow: Bool
  private var decoder = EventStreamDecoder()
  private var connection: Connection?
  /// Everything up to here has come, as far as it is wanted; nil before it first connected.
  private(set) var position: Int64?
  private(set) var received = 0
  /// Parts of the log that it has asked for, on all its connections.
  private var asked = 0

  private struct Connection {
    let process: BridgeProcess
    var cursor: StreamCursor
    var chunk: ArraySlice<UInt8> = []
    var isReading = false
    var lastRead: Duration
  }

  init(name: String, filter: StreamFilter, isSlow: Bool, world: World) {
    self.name = name
    self.filter = filter
    self.isSlow = isSlow
    self.world = world
  }

  var isConnected: Bool { connection != nil }

  // MARK: Connection

  /// Comes, or comes back, once the bridge serves.
  func connect() {
    guard connection == nil else { return }
    guard let process = world.process else {
      world.after(world.chance.milliseconds(500...3000)) { [self] in connect() }
      return
    }
    let start: StreamCursor.Start
    if !decoder.lastEventID.isEmpty {
      start = .after(decoder.lastEventID)
    } else if world.chance.happens(0.5) {
      start = .earliest
      position = process.bounds.prunedThrough
    } else {
      start = .now
      position = process.bounds.last
    }
    world.trace("\(name): subscribes after \(decoder.lastEventID)")
    decoder = EventStreamDecoder(lastEventID: decoder.lastEventID)
    connection = Connection(
      process: process, cursor: StreamCursor(start, filter: filter, bounds: process.bounds),
      lastRead: world.uptime)
    wake()
    heartbeat(process)
  }

  /// The connection ends; some of what was on its way still arrives.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  func drop() -> Bool {
    guard let last = connection else { return false }
    deliver(last.chunk.prefix(world.chance.number(0...last.chunk.count)))
    connection = nil
    asked += 1
    world.trace("\(name): drops at \(decoder.lastEventID)")
    world.after(world.chance.milliseconds(2000...12_000)) { [self] in connect() }
    return true
  }

  /// There may be something to read.
  func wake() {
    guard let connection, !connection.isReading else { return }
    self.connection?.isReading = true
    world.after(world.chance.milliseconds(isSlow ? 200...9000 : 0...60)) { [self] in read() }
  }

  /// There is something to read, and the bridge sends at once: who has room takes it within the
  /// same turn, one who has only just come as well.
  func flush() {
    guard world.chance.happens(0.5) else { return wake() }
    read()
  }

  private func heartbeat(_ process: BridgeProcess) {
    world.after(.seconds(15)) { [self] in
      guard connection?.process === process, process.isAlive else { return }
      if connection?.chunk.isEmpty == true, connection?.isReading == false,
        let chunk = connection?.cursor.heartbeat(over: process.ring, bounds: process.bounds)
      {
        connection?.chunk = chunk[...]
        wake()
      }
      heartbeat(process)
    }
  }

  // MARK: Reading

  private func read() {
    guard var current = connection, current.process.isAlive else { return }
    let process = current.process
    current.isReading = false
    var room = world.chance.pick([64, 700, 16_384])
    var bytes: [UInt8] = []
    while room > 0 {
      if !current.chunk.isEmpty {
        let piece = current.chunk.prefix(room)
        bytes += piece
        room -= piece.count
        current.chunk = current.chunk.dropFirst(piece.count)
        continue
      }
      switch current.cursor.next(
        from: process.ring, bounds: process.bounds, snapshot: process.snapshot)
      {
      case .bytes(let next):
        current.chunk = next[...]
        continue
      case .read(let range): ask(process, range, current.cursor)
      case .wait: break
      }
      break
    }
    connection = current
    deliver(bytes[...])
    if room == 0 { wake() }
  }

  private func ask(_ process: BridgeProcess, _ range: LogRange, _ cursor: StreamCursor) {
    asked += 1
    let confined = Confined((subscriber: self, process: process, question: asked))
    process.storage.read(range, into: cursor.collector(epoch: process.bounds.epoch)) {
      $0.append($1)
    } completion: { result in
      let (subscriber, process, question) = confined.value
      if process.isAlive { subscriber.take(result, of: process, question) }
    }
  }

  private func take(
    _ result: Result<LogPage<StreamWriter>, StorageError>, of process: BridgeProcess,
    _ question: Int
  ) {
    // An answer to an earlier connection concerns nobody any more.
    guard var current = connection, current.process === process, question == asked else { return }
    guard case .success(let page) = result else {
      drop()
      return
    }
    current.chunk = current.cursor.take(page)[...]
    connection = current
    wake()
  }

  private func deliver(_ bytes: ArraySlice<UInt8>) {
    guard let items = try? decoder.receive(Array(bytes)) else {
      return world.oracle.object("\(name): the stream is malformed")
    }
    for item in items {
      if case .event(let event) = item { take(event) }
    }
    passed(decoder.lastEventID)
  }

  private func take(_ event: EventStreamDecoder.Event) {
    switch event.type {
    case "payment", "balance":
      guard let id = EventID(event.lastEventID) else {
        return world.oracle.object("\(name): an event without an id")
      }
      received += 1
      world.oracle.checkReceived(event, id: id, after: position ?? 0, by: self)
      position = id.sequence
    case "snapshot":
      world.oracle.checkSnapshot(event, by: self)
      passed(event.lastEventID)
    case "gap": takeGap(event.data)
    default: break
    }
  }

  /// Its cursor stands here now: nothing that it wants may lie before that it did not get.
  private func passed(_ text: String) {
    guard let id = EventID(text), let position, id.sequence > position else { return }
    world.oracle.checkNothingBetween(position, id.sequence, for: self)
    self.position = id.sequence
  }

  private func takeGap(_ data: String) {
    guard data.contains(#""reason":"expired""#),
      let id = data.split(separator: "\"").lazy.compactMap({ EventID(String($0)) }).last
    else { return world.oracle.object("\(name): a gap that must not be: \(data)") }
    guard id.sequence > position ?? 0, let process = world.process,
      world.oracle.mayBePruned(through: id.sequence, by: process)
    else { return world.oracle.object("\(name): nothing is missing, and yet: \(data)") }
    position = id.sequence
  }
}
