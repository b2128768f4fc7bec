import BridgeModel
import JSON
package import Storage

/// How far a subscriber is in the event stream: what it gets next, and from where.
///
/// On the wire come the time to wait before coming back, a gap if one is due, what was missed, a
/// snapshot, and then live events; nothing is skipped or doubled at the seams. A value without I/O
/// of its own: it is handed the ring and the bounds of the log each time, and asks for parts of the
/// log.
package struct StreamCursor: Sendable {
  /// Where a new subscriber wants to begin.
  package enum Start: Sendable {
    case now
    /// Everything kept.
    case earliest
    /// After the event with this id, as the client spells it.
    case after(String)
  }

  /// What there is for a subscriber.
  package enum Next: Sendable {
    /// Whole blocks.
    case bytes([UInt8])
    /// This part of the log is to be read, and handed to ``take(_:bounds:)``.
    case read(LogRange)
    /// Nothing, until something is published or read.
    case wait
  }

  private enum Phase {
    /// First of all come these bytes.
    case opening([UInt8], after: Int64)
    /// Reading the log; the next event is beyond this sequence.
    case replaying(after: Int64)
    /// A part of the log is on its way.
    case awaiting(LogRange)
    /// Reading the ring from this position on.
    case live(position: Int)
  }

  package let filter: StreamFilter
  private var phase: Phase
  /// The last durable event that the cursor has passed, sent or filtered out.
  private var passed: Int64
  /// The last id that went out.
  private var told: Int64

  /// Bytes of replayed events that are read ahead for one subscriber, at least; see
  /// ``next(from:bounds:chunkBytes:snapshot:)``.
  package static let leastChunkBytes = 32 * 1024
  /// An event has so many bytes at least, for what a chunk may hold of them.
  private static let leastEventBytes = 128
  /// The client waits this long before it comes back.
  private static let retryMilliseconds: UInt32 = 2000
  /// An id that is not one of ours is told back no longer than this.
  private static let maximumRequestedCharacters = 64

  package init(_ start: Start, filter: StreamFilter, bounds: LogBounds) {
    func gap(_ requested: String, _ after: Int64, _ reason: String) -> [UInt8] {
      Self.gap(requested: requested, resumedAfter: after, reason: reason, epoch: bounds.epoch)
    }
    var opening = StreamBlock.retry(milliseconds: Self.retryMilliseconds)
    var after = bounds.last
    switch start {
    case .now:
      break
    case .earliest:
      after = bounds.prunedThrough
    case .after(let id):
      switch bounds.position(of: id) {
      case .known(let sequence):
        after = sequence
      case .expired:
        after = bounds.prunedThrough
        opening += gap(id, after, "expired")
      case .unknown:
        opening += gap(id, after, "unknown")
      case .otherEpoch:
        opening += gap(id, after, "epoch")
      }
    }
    self.filter = filter
    phase = .opening(opening, after: after)
    passed = after
    told = after
  }

  /// What this subscriber gets next.
  ///
  /// - Parameters:
  ///   - ring: The newest blocks; what it lacks is read from the log.
  ///   - bounds: Of the log, as of the last block in the ring.
  ///   - chunkBytes: How much of the log to read ahead.
  ///   - snapshot: Tells the state of everything, as the data of a `snapshot` event.
  package mutating func next(
    from ring: StreamRing, bounds: LogBounds, chunkBytes: Int = leastChunkBytes,
    snapshot: () -> [UInt8]
  ) -> Next {
    while true {
      switch phase {
      case .opening(let bytes, let after):
        phase = .replaying(after: after)
        return .bytes(bytes)
      case .replaying(let after) where after < bounds.prunedThrough:
        return .bytes(fallBehind(after, bounds.prunedThrough, epoch: bounds.epoch))
      case .replaying(let after) where after < bounds.last:
        let range = LogRange(
          after: after, through: bounds.last,
          maximumEvents: chunkBytes / Self.leastEventBytes, maximumBytes: chunkBytes)
        phase = .awaiting(range)
        return .read(range)
      case .replaying:
        return .bytes(goLive(ring, bounds, snapshot()))
      case .awaiting:
        return .wait
      case .live(let position) where position < ring.start:
        // Too slow for the ring: the log has the rest, and a snapshot after it the states that it
        // missed.
        phase = .replaying(after: passed)
      case .live(let position):
        return advance(over: ring, from: position).map { .bytes($0) } ?? .wait
      }
    }
  }

  /// Begins to collect what it wants of a part of the log.
  package func collector(epoch: String) -> StreamWriter {
    var writer = StreamWriter(epoch: epoch, filter: filter)
    if case .awaiting(let range) = phase, filter == .everything {
      // With what stands round the data.
      writer.bytes.reserveCapacity(range.maximumBytes + range.maximumBytes / 4)
    }
    return writer
  }

  /// The part of the log that it asked for is here.
  ///
  /// - Returns: What it wants of it; nothing where its filter left all of it out.
  package mutating func take(_ page: LogPage<StreamWriter>) -> [UInt8] {
    guard case .awaiting(let range) = phase else { return [] }
    let writer = page.content
    guard page.prunedThrough <= range.after else {
      // It was pruned while it waited for its turn.
      return fallBehind(range.after, page.prunedThrough, epoch: writer.epoch)
    }
    told = writer.last ?? told
    passed = page.last
    phase = .replaying(after: passed)
    return writer.bytes
  }

  /// What keeps an idle subscriber's connection open: a comment, and before it the id that its
  /// filter has left behind. Nil while it has something better to read.
  package mutating func heartbeat(over ring: StreamRing, bounds: LogBounds) -> [UInt8]? {
    guard case .live(let position) = phase, position >= ring.start else { return nil }
    var ahead = self
    guard ahead.advance(over: ring, from: position) == nil else { return nil }
    self = ahead
    guard passed > told else { return StreamBlock.heartbeat }
    told = passed
    return StreamBlock.cursor(EventID(epoch: bounds.epoch, sequence: passed))
      + StreamBlock.heartbeat
  }

  // MARK: Steps

  /// It fell behind what is kept while it was reading.
  private mutating func fallBehind(
    _ after: Int64, _ prunedThrough: Int64, epoch: String
  ) -> [UInt8] {
    phase = .replaying(after: prunedThrough)
    passed = prunedThrough
    return Self.gap(
      requested: EventID(epoch: epoch, sequence: after).description,
      resumedAfter: prunedThrough, reason: "expired", epoch: epoch)
  }

  /// At the end of the log the subscriber gets a snapshot and goes live, in one step, so that
  /// nothing falls between.
  private mutating func goLive(
    _ ring: StreamRing, _ bounds: LogBounds, _ snapshot: [UInt8]
  ) -> [UInt8] {
    let id = bounds.lastEventID
    phase = .live(position: ring.end)
    passed = id.sequence
    told = id.sequence
    return StreamBlock.event(.snapshot, id: id, data: snapshot)
  }

  /// Moves over the ring to the next block that the subscriber wants.
  private mutating func advance(over ring: StreamRing, from start: Int) -> [UInt8]? {
    var position = start
    defer { phase = .live(position: position) }
    while position < ring.end {
      let item = ring[position]
      position += 1
      passed = item.sequence ?? passed
      guard filter.admits(item.kind, from: item.source) else { continue }
      told = item.sequence ?? told
      return item.bytes
    }
    return nil
  }

  private static func gap(
    requested: String, resumedAfter: Int64, reason: String, epoch: String
  ) -> [UInt8] {
    let data = JSONWriter.document { json in
      json.object { json in
        json.field("requested", String(requested.prefix(maximumRequestedCharacters)))
        json.field(
          "resumed_after", EventID(epoch: epoch, sequence: resumedAfter).description)
        json.field("reason", reason)
      }
    }
    return StreamBlock.event(.gap, id: nil, data: data)
  }
}
