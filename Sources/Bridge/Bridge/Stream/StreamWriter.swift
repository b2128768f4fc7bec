import BridgeModel
import ServerSentEvents
package import Storage

/// Writes what a subscriber wants of the log as blocks, one behind the other: what they have in
/// common is prepared once.
///
/// ``StreamBlock/event(_:id:data:)`` makes the same bytes, one block at a time.
package struct StreamWriter: Sendable {
  var bytes: [UInt8] = []
  /// The last event written; nil while there is none.
  private(set) var last: Int64?
  let epoch: String
  private let filter: StreamFilter
  private let takesEverything: Bool
  private let idHead: [UInt8]
  private static let paymentHead = Array("\nevent: payment\ndata: ".utf8)
  private static let balanceHead = Array("\nevent: balance\ndata: ".utf8)
  private static let watchHead = Array("\nevent: watch\ndata: ".utf8)
  private static let lineFeed = UInt8(ascii: "\n")

  package init(epoch: String, filter: StreamFilter) {
    self.epoch = epoch
    self.filter = filter
    takesEverything = filter == .everything
    idHead = Array("id: \(epoch)-".utf8)
  }

  package mutating func append(_ row: EventRow) {
    if !takesEverything {
      let source = String(decoding: row.source, as: UTF8.self)
      guard filter.admits(row.kind, from: source) else { return }
    }
    last = row.sequence
    guard row.data.isOneLine else {
      let id = EventID(epoch: epoch, sequence: row.sequence)
      bytes += StreamBlock.event(row.kind, id: id, data: Array(row.data))
      return
    }
    bytes += idHead
    appendDecimal(row.sequence)
    bytes += Self.head(row.kind)
    bytes += row.data
    bytes.append(Self.lineFeed)
    bytes.append(Self.lineFeed)
  }

  private static func head(_ kind: EventKind) -> [UInt8] {
    switch kind {
    case .payment: paymentHead
    case .balance: balanceHead
    case .watch: watchHead
    case .status, .gap, .snapshot: preconditionFailure("the log holds durable events alone")
    }
  }

  private mutating func appendDecimal(_ number: Int64) {
    let start = bytes.count
    var rest = number.magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
