import BridgeModel
import EventStore

/// Writes many rows of the log as blocks, one behind the other: what they have in common is prepared once.
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
  private static let carriageReturn = UInt8(ascii: "\r")

  init(epoch: String) {
    self.epoch = epoch
    idHead = Array("id: \(epoch)-".utf8)
  }

  mutating func append(_ row: EventRow) {
    guard Self.isOneLine(row.data) else {
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

  /// Looks at every byte without leaving early, which the compiler turns into many at a time.
  private static func isOneLine(_ data: UnsafeRawBufferPointer) -> Bool {
    var lineEnds: UInt8 = 0
    for byte in data {
      lineEnds |= (byte == lineFeed ? 1 : 0) | (byte == carriageReturn ? 1 : 0)
    }
    return lineEnds == 0
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
