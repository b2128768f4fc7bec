package import BridgeModel
import ServerSentEvents
import Storage

/// One block of the event stream, encoded once for all subscribers.
package struct StreamItem: Sendable {
  package var kind: EventKind
  package var source: String
  /// Nil for what is not durable.
  package var sequence: Int64?
  package var bytes: [UInt8]

  /// A durable event under its id.
  init(_ event: EncodedEvent, id: EventID) {
    kind = event.kind
    source = event.source
    sequence = id.sequence
    bytes = StreamBlock.event(event.kind, id: id, data: event.data)
  }

  /// A change of a source's state: it carries no id, for it is not kept.
  package init(status data: [UInt8], source: String) {
    kind = .status
    self.source = source
    bytes = StreamBlock.event(.status, id: nil, data: data)
  }
}

/// The blocks of the contract's event stream as bytes (WHATWG HTML 9.2).
enum StreamBlock {
  static func event(_ kind: EventKind, id: EventID?, data: [UInt8]) -> [UInt8] {
    ServerSentEvent(id: id.map(streamID), name: EventName(kind.rawValue), data: data).encoded()
  }

  /// Moves the client's cursor past events that its filter left out.
  static func cursor(_ id: EventID) -> [UInt8] {
    ServerSentEvent.cursor(streamID(id)).encoded()
  }

  static func retry(milliseconds: UInt32) -> [UInt8] {
    ServerSentEvent.retry(milliseconds: milliseconds).encoded()
  }

  /// Keeps proxies from closing an idle stream.
  static let heartbeat = ServerSentEvent.comment("").encoded()

  private static func streamID(_ id: EventID) -> EventStreamID {
    guard let streamID = EventStreamID(id.description) else {
      preconditionFailure(
        "every event id is a valid stream id: both are [0-9a-z-], at most 40 bytes")
    }
    return streamID
  }
}
