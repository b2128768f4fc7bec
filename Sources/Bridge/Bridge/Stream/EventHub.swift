import BridgeModel
import EventLoop
import HTTPServer
import Storage

/// Gives the event stream to its subscribers: each is a cursor into one shared ring and, behind the
/// ring, into the store. Nothing is queued, copied or formatted for a subscriber.
///
/// It lives on the loop of its server. The owner publishes what is on disk; the server asks for
/// bytes when a subscriber's socket takes them.
actor EventHub {
  /// Subscribers take turns with their heartbeats, so that there is never a burst of them: no more
  /// than so many in one turn, until there are as many turns as the loop should be woken for.
  private static let heartbeatsPerTurn = 64
  private static let leastHeartbeatTurns = 16
  private static let mostHeartbeatTurns = 256

  /// What all subscribers together may have read ahead, as long as each may have the least.
  private static let readAheadBytes = 16 << 20
  /// More at once makes no replay faster.
  private static let mostChunkBytes = 256 * 1024

  /// Tells the state of everything, as the data of a `snapshot` event.
  typealias Snapshot = @Sendable () -> [UInt8]

  private nonisolated let loop: EventLoop
  private let log: any EventLog
  private let heartbeat: Duration
  private let snapshot: Snapshot
  private let clock: SystemClock
  private var bounds: LogBounds
  private var ring = StreamRing()
  private var server: HTTPServer?
  /// By the stream's index.
  private var subscribers: [Subscriber?] = []
  private var audiences: [StreamFilter: Audience] = [:]
  private var count = 0
  /// The present turn's, and not read anew for each delivery.
  private var now: Duration
  private var heartbeatTurn = 0
  private var heartbeatTurns = leastHeartbeatTurns
  private var heartbeatTimer: TimerID?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    loop: EventLoop, log: any EventLog, heartbeat: Duration, clock: SystemClock,
    snapshot: @escaping Snapshot
  ) {
    self.loop = loop
    self.log = log
    bounds = log.boundsAtOpening
    self.heartbeat = heartbeat
    self.clock = clock
    self.snapshot = snapshot
    now = clock.now().uptime
  }

  /// The server whose streams these are. Once, before it starts; only on the loop.
  nonisolated func attach(_ server: HTTPServer) {
    assumeIsolated { $0.server = server }
  }

  /// The log as far as it was published. Only on the loop.
  nonisolated var publishedBounds: LogBounds { assumeIsolated { $0.bounds } }

  /// Open subscriptions. Only on the loop.
  nonisolated var subscriberCount: Int { assumeIsolated { $0.count } }

  // MARK: Publishing

  /// Hands blocks to every subscriber. Only on the loop.
  ///
  /// - Parameter bounds: Of the log with the durable ones, which are on disk by now; nil where none
  ///   is.
  nonisolated func publish(_ items: [StreamItem], bounds: LogBounds? = nil) {
    assumeIsolated { $0.append(items, bounds) }
  }

  /// Sends what was published at once, and not with the next turn of the loop. Only on the loop.
  nonisolated func flush() {
    assumeIsolated { $0.server?.sendNow() }
  }

  private func append(_ items: [StreamItem], _ bounds: LogBounds?) {
    self.bounds = bounds ?? self.bounds
    for item in items { ring.append(item) }
    guard let server, count > 0 else { return }
    now = clock.now().uptime
    // Subscribers whose filter leaves all of it out are not woken.
    let concerned = audiences.filter { filter, _ in
      items.contains { filter.admits($0.kind, from: $0.source) }
    }
    if concerned.count == audiences.count {
      server.resumeAll()
    } else {
      for audience in concerned.values { server.resume(audience.subscribers.map(\.stream)) }
    }
  }

  // MARK: Subscribing

  /// Takes a subscriber in. Only on the loop.
  nonisolated func subscribe(_ stream: StreamID, filter: StreamFilter, start: StreamCursor.Start) {
    assumeIsolated { $0.add(stream, filter, start) }
  }

  private func add(_ stream: StreamID, _ filter: StreamFilter, _ start: StreamCursor.Start) {
    let index = Int(stream.index)
    while subscribers.count <= index { subscribers.append(nil) }
    now = clock.now().uptime
    let subscriber = Subscriber(
      stream: stream, cursor: StreamCursor(start, filter: filter, bounds: bounds), lastWrite: now)
    subscribers[index] = subscriber
    audiences[filter, default: Audience()].add(subscriber)
    count += 1
    startHeartbeats()
  }

  /// The subscriber is gone. Only on the loop.
  nonisolated func unsubscribe(_ stream: StreamID) {
    assumeIsolated { $0.remove(stream) }
  }

  private func remove(_ stream: StreamID) {
    guard let subscriber = subscriber(of: stream) else { return }
    subscribers[Int(stream.index)] = nil
    let filter = subscriber.cursor.filter
    audiences[filter]?.remove(subscriber)
    if audiences[filter]?.subscribers.isEmpty == true { audiences[filter] = nil }
    count -= 1
  }

  /// Ends streams, each after a whole block. Only on the loop.
  nonisolated func end(_ streams: some Collection<StreamID> & Sendable) {
    assumeIsolated { hub in
      for stream in streams { hub.subscriber(of: stream)?.isEnding = true }
      hub.server?.resume(Array(streams))
    }
  }

  /// Ends all streams, each after a whole block. Only on the loop.
  nonisolated func endAll() {
    end(assumeIsolated { $0.subscribers.compactMap { $0?.stream } })
  }

  private func subscriber(of stream: StreamID) -> Subscriber? {
    let index = Int(stream.index)
    guard index < subscribers.count, let subscriber = subscribers[index],
      subscriber.stream == stream
    else { return nil }
    return subscriber
  }

  // MARK: Feeding

  /// Fills a subscriber's buffer. Only on the loop.
  nonisolated func fill(
    _ stream: StreamID, into buffer: StreamBuffer
  ) -> StreamFill {
    assumeIsolated { $0.feed(stream, buffer) }
  }

  private func feed(_ stream: StreamID, _ buffer: StreamBuffer) -> StreamFill {
    guard let subscriber = subscriber(of: stream) else { return .end }
    let chunkBytes = max(
      StreamCursor.leastChunkBytes, min(Self.mostChunkBytes, Self.readAheadBytes / max(1, count)))
    var written = 0
    filling: while written < buffer.capacity {
      if subscriber.hasChunk {
        written += subscriber.drainChunk(into: buffer, at: written)
        continue
      }
      if subscriber.isEnding { return written > 0 ? .bytes(written) : .end }
      switch subscriber.cursor.next(
        from: ring, bounds: bounds, chunkBytes: chunkBytes, snapshot: snapshot)
      {
      case .bytes(let bytes): subscriber.begin(bytes)
      case .read(let range): read(range, for: subscriber)
      case .wait: break filling
      }
    }
    guard written > 0 else { return .wait }
    subscriber.lastWrite = now
    return .bytes(written)
  }

  private func read(_ range: LogRange, for subscriber: Subscriber) {
    let stream = subscriber.stream
    log.read(range, into: subscriber.cursor.collector(epoch: bounds.epoch)) { writer, row in
      writer.append(row)
    } completion: { [weak self] result in
      self?.assumeIsolated { $0.take(result, for: stream) }
    }
  }

  private func take(_ result: Result<LogPage<StreamWriter>, StorageError>, for stream: StreamID) {
    guard let subscriber = subscriber(of: stream) else { return }
    switch result {
    case .success(let page): subscriber.begin(subscriber.cursor.take(page))
    // Its client comes back by id; ending here loses nothing.
    case .failure: subscriber.isEnding = true
    }
    server?.resume([stream])
  }

  // MARK: Heartbeats

  private func startHeartbeats() {
    guard heartbeatTimer == nil, count > 0 else { return }
    heartbeatTimer = loop.schedule(after: heartbeat / heartbeatTurns) { [weak self] in
      self?.assumeIsolated { $0.beat() }
    }
  }

  /// One in so many subscribers gets its turn: a comment if it has been idle, and before it the id
  /// that its filter has left behind.
  private func beat() {
    heartbeatTimer = nil
    now = clock.now().uptime
    let idleSince = now - heartbeat + heartbeat / heartbeatTurns
    var woken: [StreamID] = []
    for index in stride(from: heartbeatTurn, to: subscribers.count, by: heartbeatTurns) {
      guard let subscriber = subscribers[index], !subscriber.hasChunk,
        subscriber.lastWrite <= idleSince,
        let chunk = subscriber.cursor.heartbeat(over: ring, bounds: bounds)
      else { continue }
      subscriber.begin(chunk)
      woken.append(subscriber.stream)
    }
    if !woken.isEmpty { server?.resume(woken) }
    heartbeatTurn = (heartbeatTurn + 1) % heartbeatTurns
    if heartbeatTurn == 0 { adjustHeartbeatTurns() }
    startHeartbeats()
  }

  /// In powers of two, so that a subscriber's turn rarely moves.
  private func adjustHeartbeatTurns() {
    heartbeatTurns = Self.leastHeartbeatTurns
    while heartbeatTurns < Self.mostHeartbeatTurns,
      subscribers.count > heartbeatTurns * Self.heartbeatsPerTurn
    {
      heartbeatTurns *= 2
    }
  }
}
