package import BridgeModel

/// A durable event, encoded once, before it has an id.
package struct EncodedEvent: Sendable, Hashable {
  /// One that is kept.
  package var kind: EventKind
  /// The source's name in the configuration, for subscribers' filters.
  package var source: String
  /// JSON on one line, as it goes to subscribers.
  package var data: [UInt8]

  package init(kind: EventKind, source: String, data: [UInt8]) {
    precondition(kind.storedNumber != nil, "only what is durable goes into the log")
    self.kind = kind
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

/// What an append has made of its entry.
package struct Appended: Sendable, Hashable {
  /// The ids of the entry's events, in order.
  package var ids: [EventID]
  /// The log as it is with this entry, whatever else was written along with it.
  package var bounds: LogBounds

  package init(ids: [EventID], bounds: LogBounds) {
    self.ids = ids
    self.bounds = bounds
  }
}
