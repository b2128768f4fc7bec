/// Is told what a call has come to, once, on the bridge's loop.
package typealias StorageCompletion<Value> = @Sendable (Result<Value, StorageError>) -> Void

/// The durable events of a bridge, in order, and with each what it changes in the books.
///
/// Sequences begin with 1 and grow by one with each event: no reader is ever shown one before all
/// that come before it. How and when calls complete is said at ``Storage``.
package protocol EventLog: Sendable {
  /// The log as it was when the store was opened. Every append tells how it has grown.
  var boundsAtOpening: LogBounds { get }

  /// Writes an entry down, all of it or nothing, and gives each of its events an id.
  func append(_ entry: LogEntry, completion: @escaping StorageCompletion<Appended>)

  /// Reads a part of the log, as of one moment.
  ///
  /// - Parameters:
  ///   - content: What `add` begins with.
  ///   - add: Takes each event, in order, somewhere off the loop.
  func read<Content: Sendable>(
    _ range: LogRange, into content: Content,
    add: @escaping @Sendable (inout Content, EventRow) -> Void,
    completion: @escaping StorageCompletion<LogPage<Content>>)
}
