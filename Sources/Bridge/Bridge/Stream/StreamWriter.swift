import BridgeModel
import EventStore
import ServerSentEvents

/// Writes many rows of the log as blocks, one behind the other: what they have in common is
/// prepared once.
///
/// ``StreamBlock/event(_:id:data:)`` makes the same bytes, one block at a time.
struct StreamWriter {
  var bytes: [UInt8] = []
  private let epoch: String
  private let idHead: [UInt8]
  private static let paymentHead = Array("\nevent: payment\ndata: ".utf8)
  private static let balanceHead = Array("\nevent: balance\ndata: ".utf8)
  private static let watchHead = Array("\nevent: watch\ndata: ".utf8)
  private static let lineFeed = UInt8(ascii: "\n")

  init(epoch: String) {
    self.epoch = epoch
    idHead = Array("id: \(epoch)-".utf8)
  }

  mutating func append(_ row: EventRow) {
    guard row.data.isOneLine else {
      let id = EventID(epoch: epoch, sequence: row.sequence)
      bytes += StreamBlock.event(row.type, id: id, data: Array(row.data))
      return
    }
    bytes += idHead
    appendDecimal(row.sequence)
    switch row.type {
    case .payment: bytes += Self.paymentHead
    case .balance: bytes += Self.balanceHead
    case .watch: bytes += Self.watchHead
    }
    bytes += row.data
    bytes.append(Self.lineFeed)
    bytes.append(Self.lineFeed)
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
