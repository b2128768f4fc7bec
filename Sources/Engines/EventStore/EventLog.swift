package import BridgeModel

/// What kind of event a row is. The raw value is what stands on disk.
package enum EventType: Int64, Sendable {
  case payment = 1
  case balance = 2
  case watch = 3

  /// The `event:` field of the stream.
  package var name: StaticString {
    switch self {
    case .payment: "payment"
    case .balance: "balance"
    case .watch: "watch"
    }
  }
}

/// A durable event, encoded once, before it has an id.
package struct EncodedEvent: Sendable, Hashable {
  package var type: EventType
  /// The source's name in the configuration, for subscribers' filters.
  package var source: String
  /// JSON on one line, as it goes to subscribers.
  package var data: [UInt8]

  package init(type: EventType, source: String, data: [UInt8]) {
    self.type = type
    self.source = source
    self.data = data
  }
}

/// What goes into the log together: all of it, or nothing.
package struct LogEntry: Sendable, Hashable {
  /// The state behind the events; nil for events that have none in a book (watches).
  package var commit: Commit?
  /// One for each event of the commit, in the same order.
  package var events: [EncodedEvent]

  package init(commit: Commit?, events: [EncodedEvent]) {
    precondition(
      commit.map { $0.events.count == events.count } ?? true,
      "each event of a commit has its encoded form")
    self.commit = commit
    self.events = events
  }
}

/// A durable event as it stands in the log.
package struct StoredEvent: Sendable, Hashable {
  package var sequence: Int64
  package var type: EventType
  package var source: String
  package var data: [UInt8]
}

/// A row of the log on its way to a subscriber. The bytes belong to the log: they are valid only
/// until the closure that was handed the row returns.
package struct EventRow {
  package let sequence: Int64
  package let type: EventType
  /// UTF-8.
  package let source: UnsafeRawBufferPointer
  /// JSON on one line.
  package let data: UnsafeRawBufferPointer
}

/// How far a replay got.
package struct ReplayProgress: Sendable, Hashable {
  /// The last event handed out, or where the replay began if there was none: go on after this one.
  package var last: Int64
  package var events: Int
  /// There was nothing more at that moment.
  package var reachedEnd: Bool
}

/// The durable events of a bridge, in order. ``EventStore`` is one; another engine can take its
/// place.
package protocol EventLog {
  associatedtype Reader: EventLogReader

  /// Which ids the log holds now.
  var bounds: LogBounds { get }

  /// Writes entries down in one transaction and gives each event its id, in order.
  ///
  /// When this returns, the events may be published: no crash of the process takes them back.
  ///
  /// - Throws: ``StoreError``; nothing was written then, and nothing in the log has changed.
  func append(_ entries: [LogEntry]) throws(StoreError) -> [EventID]

  /// A reader of its own connection. Reading holds up no append.
  func makeReader() throws(StoreError) -> Reader
}

/// Reads a log from any thread.
package protocol EventLogReader: Sendable {
  /// Which ids the log holds now, as far as committed.
  func bounds() throws(StoreError) -> LogBounds

  /// The last event up to a sequence, itself included; nil if none is kept.
  func lastEvent(through sequence: Int64) throws(StoreError) -> Int64?

  /// Hands out events in order, in one short read transaction.
  ///
  /// - Parameters:
  ///   - sequence: Begins with the first event beyond it; 0 is the beginning.
  ///   - limit: The most events, at least 1.
  ///   - maximumBytes: Stops after the event that reaches this many bytes of data.
  ///   - body: Must not use the reader.
  /// - Returns: Where to go on.
  /// - Throws: ``StoreError``, as every read.
  func replay(
    after sequence: Int64, limit: Int, maximumBytes: Int, _ body: (EventRow) -> Void
  ) throws(StoreError) -> ReplayProgress
}

extension EventLogReader {
  /// The next events as values.
  package func events(after sequence: Int64, limit: Int) throws(StoreError) -> [StoredEvent] {
    var events: [StoredEvent] = []
    _ = try replay(after: sequence, limit: limit, maximumBytes: .max) { row in
      events.append(
        StoredEvent(
          sequence: row.sequence, type: row.type,
          source: String(decoding: row.source, as: UTF8.self), data: [UInt8](row.data)))
    }
    return events
  }
}
