package import BridgeModel
package import Storage

/// A durable event as it stands in the log.
package struct StoredEvent: Sendable, Hashable {
  package var sequence: Int64
  package var kind: EventKind
  package var source: String
  package var data: [UInt8]

  package init(_ row: EventRow) {
    sequence = row.sequence
    kind = row.kind
    source = String(decoding: row.source, as: UTF8.self)
    data = [UInt8](row.data)
  }
}
