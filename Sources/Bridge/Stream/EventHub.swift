import BridgeModel
import EventLoop
import EventStore
import HTTPServer

/// Gives the event stream to its subscribers: each is a cursor into one shared ring and, behind the ring, into the
/// store. Nothing is queued, copied or formatted for a subscriber.
///
/// It lives on the loop of its server. The owner publishes what is on disk; the server asks for bytes when a
/// subscriber's socket takes them.
actor EventHub {
  /// Subscribers take turns with their heartbeats, so that there is never a burst of them.
  private static let heartbeatTurns = 16

  /// Tells the state of everything, as the data of a `snapshot` event.
  typealias Snapshot = @Sendable () -> [UInt8]

  private nonisolated let loop: EventLoop
  private let reader: StoreReader
  private let heartbeat: Duration
  private let snapshot: Snapshot
  private let clock: SystemClock
  private var bounds: LogBounds
  private var ring = StreamRing()
  private var server: HTTPServer?
  /// By the stream's index.
  private var subscribers: [Subscriber?] = []
  private var count = 0
  private var heartbeatTurn = 0
  private var heartbeatTimer: TimerID?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    loop: EventLoop, reader: StoreReader, bounds: LogBounds, heartbeat: Duration,
    clock: SystemClock, snapshot: @escaping Snapshot
  ) {
    self.loop = loop
    self.reader = reader
    self.bounds = bounds
    self.heartbeat = heartbeat
    self.clock = clock
    self.snapshot = snapshot
  }

  /// The server whose streams these are. Once, before it starts; only on the loop.
  nonisolated func attach(_ server: HTTPServer) {
    assumeIsolated { $0.server = server }
  }

  /// Open subscriptions. Only on the loop.
  nonisolated var subscriberCount: Int { assumeIsolated { $0.count } }

  // MARK: Publishing

  /// Hands blocks to every subscriber. Durable ones are on disk by now. Only on the loop.
  nonisolated func publish(_ items: [StreamItem], bounds: LogBounds) {
    assumeIsolated { $0.append(items, bounds) }
  }

  private func append(_ items: [StreamItem], _ bounds: LogBounds) {
    self.bounds = bounds
    for item in items { ring.append(item) }
    guard let server, count > 0 else { return }
    // A subscriber whose filter leaves all of it out is not woken.
    let woken = subscribers.compactMap { subscriber -> StreamID? in
      guard let subscriber,
        items.contains(where: { subscriber.cursor.filter.admits($0.kind, from: $0.source) })
      else { return nil }
      return subscriber.stream
    }
    if woken.count == count {
      server.resumeAll()
    } else if !woken.isEmpty {
      server.resume(woken)
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
    subscribers[index] = Subscriber(
      stream: stream, cursor: StreamCursor(start, filter: filter, bounds: bounds),
      lastWrite: clock.now().uptime)
    count += 1
    startHeartbeats()
  }

  /// The subscriber is gone. Only on the loop.
  nonisolated func unsubscribe(_ stream: StreamID) {
    assumeIsolated { $0.remove(stream) }
  }

  private func remove(_ stream: StreamID) {
    let index = Int(stream.index)
    guard index < subscribers.count, subscribers[index]?.stream == stream else { return }
    subscribers[index] = nil
    count -= 1
  }

  // MARK: Feeding

  /// Fills a subscriber's buffer. Only on the loop.
  nonisolated func fill(
    _ stream: StreamID, into buffer: StreamBuffer
  ) -> StreamFill {
    assumeIsolated { $0.feed(stream, buffer) }
  }

  private func feed(_ stream: StreamID, _ buffer: StreamBuffer) -> StreamFill {
    let index = Int(stream.index)
    guard index < subscribers.count, var subscriber = subscribers[index],
      subscriber.stream == stream
    else { return .end }
    // Taken out while it changes, so that nothing of it is copied.
    subscribers[index] = nil
    defer { subscribers[index] = subscriber }
    var written = 0
    while written < buffer.capacity {
      if subscriber.hasChunk {
        written += subscriber.drainChunk(into: buffer, at: written)
        continue
      }
      do throws(StoreError) {
        let next = try subscriber.cursor.next(
          from: ring, bounds: bounds, reader: reader, snapshot: snapshot)
        guard let next else {
          if written > 0 { subscriber.lastWrite = clock.now().uptime }
          return written > 0 ? .bytes(written) : .wait
        }
        subscriber.chunk = next
      } catch {
        // Its client comes back by id; ending here loses nothing.
        return written > 0 ? .bytes(written) : .end
      }
    }
    subscriber.lastWrite = clock.now().uptime
    return .bytes(written)
  }

  // MARK: Heartbeats

  private func startHeartbeats() {
    guard heartbeatTimer == nil, count > 0 else { return }
    heartbeatTimer = loop.schedule(after: heartbeat / Self.heartbeatTurns) { [weak self] in
      self?.assumeIsolated { $0.beat() }
    }
  }

  /// One in sixteen subscribers gets its turn: a comment if it has been idle, and before it the id that its filter
  /// has left behind.
  private func beat() {
    heartbeatTimer = nil
    let now = clock.now().uptime
    let idleSince = now - heartbeat + heartbeat / Self.heartbeatTurns
    var woken: [StreamID] = []
    for index in stride(from: heartbeatTurn, to: subscribers.count, by: Self.heartbeatTurns) {
      guard var subscriber = subscribers[index], !subscriber.hasChunk,
        subscriber.lastWrite <= idleSince,
        let chunk = subscriber.cursor.heartbeat(over: ring, bounds: bounds)
      else { continue }
      subscriber.chunk = chunk
      subscribers[index] = subscriber
      woken.append(subscriber.stream)
    }
    heartbeatTurn = (heartbeatTurn + 1) % Self.heartbeatTurns
    if !woken.isEmpty { server?.resume(woken) }
    startHeartbeats()
  }
}
