package import BridgeModel

/// Which part of the log to read.
package struct LogRange: Sendable, Hashable {
  /// Begins with the first event beyond this sequence; 0 is the beginning.
  package var after: Int64
  /// Ends with this event, though more may be there.
  package var through: Int64
  /// At least 1.
  package var maximumEvents: Int
  /// Stops after the event whose data reach this many bytes.
  package var maximumBytes: Int

  package init(
    after: Int64, through: Int64, maximumEvents: Int = .max, maximumBytes: Int = .max
  ) {
    precondition(maximumEvents >= 1, "reading makes progress")
    self.after = after
    self.through = through
    self.maximumEvents = maximumEvents
    self.maximumBytes = maximumBytes
  }
}

/// A row of the log on its way to a reader. The bytes belong to the engine: they are valid only
/// until the closure that was handed the row returns.
package struct EventRow {
  package let sequence: Int64
  package let kind: EventKind
  /// UTF-8.
  package let source: UnsafeRawBufferPointer
  /// JSON on one line.
  package let data: UnsafeRawBufferPointer

  package init(
    sequence: Int64, kind: EventKind, source: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) {
    self.sequence = sequence
    self.kind = kind
    self.source = source
    self.data = data
  }
}

/// What was made of a part of the log, and how far it reaches.
package struct LogPage<Content: Sendable>: Sendable {
  package var content: Content
  /// The last event that was read, or the end of the range where nothing more is in it.
  package var last: Int64
  /// Up to here the log was pruned when it was read: a range that begins before this lacks events.
  package var prunedThrough: Int64

  package init(content: Content, last: Int64, prunedThrough: Int64) {
    self.content = content
    self.last = last
    self.prunedThrough = prunedThrough
  }
}
