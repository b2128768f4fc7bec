import BridgeModel
package import EventStore
import JSON

/// A subscriber's place in the event stream: what it gets next, and from where.
///
/// On the wire come the time to wait before coming back, a gap if one is due, what was missed, a
/// snapshot, and then live events; nothing is skipped or doubled at the seams. A value without I/O
/// of its own: it is handed the ring, the bounds of the log and a reader each time.
package struct StreamCursor: Sendable {
  /// Where a new subscriber wants to begin.
  package enum Start: Sendable {
    case now
    /// Everything kept.
    case earliest
    /// After the event with this id, as the client spells it.
    case after(String)
  }

  private enum Phase {
    /// First of all come these bytes.
    case opening([UInt8], after: Int64)
    /// Whether the event after which it begins is still there is asked first.
    case resuming(after: Int64)
    /// Reading the store; the next event is beyond this sequence.
    case replaying(after: Int64)
    /// Reading the ring from this position on.
    case live(position: Int)
  }

  package let filter: StreamFilter
  private var phase: Phase
  /// The last durable event that the cursor has passed, sent or filtered out.
  private var passed: Int64
  /// The last id that went out.
  private var told: Int64

  /// Bytes of replayed events that are read ahead for one subscriber.
  private static let replayChunkBytes = 32 * 1024
  private static let replayChunkEvents = 256
  /// The client waits this long before it comes back.
  private static let retryMilliseconds: UInt32 = 2000
  /// An id that is not one of ours is told back no longer than this.
  private static let maximumRequestedCharacters = 64

  package init(_ start: Start, filter: StreamFilter, bounds: LogBounds) {
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
        opening += Self.gap(requested: id, resumedAfter: after, reason: "expired", in: bounds)
      case .unknown:
        opening += Self.gap(requested: id, resumedAfter: after, reason: "unknown", in: bounds)
      case .otherEpoch:
        opening += Self.gap(requested: id, resumedAfter: after, reason: "epoch", in: bounds)
      }
    }
    self.filter = filter
    phase = .opening(opening, after: after)
    passed = after
    told = after
  }

  /// The next bytes for this subscriber: whole blocks.
  ///
  /// - Parameters:
  ///   - ring: The newest blocks; what it lacks is read from the log.
  ///   - bounds: Of the log, as of the last block in the ring.
  ///   - reader: Reads the log.
  ///   - snapshot: Tells the state of everything, as the data of a `snapshot` event.
  /// - Returns: Nil while there is nothing for it.
  /// - Throws: ``StoreError``, from the reader. The subscriber is best ended then: it comes back by
  ///   its last id.
  package mutating func next(
    from ring: StreamRing, bounds: LogBounds, reader: some EventLogReader,
    snapshot: () -> [UInt8]
  ) throws(StoreError) -> [UInt8]? {
    while true {
      switch phase {
      case .opening(let bytes, let after):
        phase = .resuming(after: after)
        return bytes
      case .resuming(let after):
        if let gap = try lookBack(after, bounds, reader) { return gap }
      case .replaying(let after) where after < bounds.prunedThrough:
        return fallBehind(after, bounds)
      case .replaying(let after) where after < bounds.last:
        let chunk = try replay(after: after, bounds, reader)
        if !chunk.isEmpty { return chunk }
      case .replaying:
        return goLive(ring, bounds, snapshot())
      case .live(let position) where position < ring.start:
        // Too slow for the ring: the store has the rest, and a snapshot after it the states that it
        // missed.
        phase = .replaying(after: passed)
      case .live(let position):
        return advance(over: ring, from: position)
      }
    }
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

  /// Makes sure of the event that the subscriber has seen last. If that is gone, though newer than
  /// what is pruned, the store has lost it and maybe others with it, in a power cut or at
  /// somebody's hands: then the subscriber is told, and goes on after the last event before it.
  private mutating func lookBack(
    _ after: Int64, _ bounds: LogBounds, _ reader: some EventLogReader
  ) throws(StoreError) -> [UInt8]? {
    phase = .replaying(after: after)
    guard after > bounds.prunedThrough, after != bounds.last else { return nil }
    let last = max(try reader.lastEvent(through: after) ?? 0, bounds.prunedThrough)
    guard last < after else { return nil }
    phase = .replaying(after: last)
    passed = last
    told = last
    let requested = EventID(epoch: bounds.epoch, sequence: after).description
    return Self.gap(requested: requested, resumedAfter: last, reason: "unknown", in: bounds)
  }

  /// It fell behind what is kept while it was reading.
  private mutating func fallBehind(_ after: Int64, _ bounds: LogBounds) -> [UInt8] {
    phase = .replaying(after: bounds.prunedThrough)
    passed = bounds.prunedThrough
    return Self.gap(
      requested: EventID(epoch: bounds.epoch, sequence: after).description,
      resumedAfter: bounds.prunedThrough, reason: "expired", in: bounds)
  }

  /// Reads on in the store.
  ///
  /// - Returns: the events that it wants; none where the filter left all of them out.
  private mutating func replay(
    after: Int64, _ bounds: LogBounds, _ reader: some EventLogReader
  ) throws(StoreError) -> [UInt8] {
    var writer = StreamWriter(epoch: bounds.epoch)
    writer.bytes.reserveCapacity(2 * Self.replayChunkBytes)
    var sent = told
    let takesEverything = filter == .everything
    let progress = try reader.replay(
      after: after, limit: Self.replayChunkEvents, maximumBytes: Self.replayChunkBytes
    ) { row in
      if !takesEverything {
        let source = String(decoding: row.source, as: UTF8.self)
        guard filter.admits(StreamFilter.Kind(row.type), from: source) else { return }
      }
      writer.append(row)
      sent = row.sequence
    }
    told = sent
    passed = progress.reachedEnd ? bounds.last : progress.last
    phase = .replaying(after: passed)
    return writer.bytes
  }

  /// At the end of the store the subscriber gets a snapshot and goes live, in one step, so that
  /// nothing falls between.
  private mutating func goLive(
    _ ring: StreamRing, _ bounds: LogBounds, _ snapshot: [UInt8]
  ) -> [UInt8] {
    let id = bounds.lastEventID
    phase = .live(position: ring.end)
    passed = id.sequence
    told = id.sequence
    return StreamBlock.named("snapshot", id: id, data: snapshot)
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
    requested: String, resumedAfter: Int64, reason: String, in bounds: LogBounds
  ) -> [UInt8] {
    let data = JSONWriter.document { json in
      json.object { json in
        json.field("requested", String(requested.prefix(maximumRequestedCharacters)))
        json.field(
          "resumed_after", EventID(epoch: bounds.epoch, sequence: resumedAfter).description)
        json.field("reason", reason)
      }
    }
    return StreamBlock.named("gap", id: nil, data: data)
  }
}
