import BridgeModel
import JSON
import Testing

@testable import Bridge

@Suite("A watch on the wire")
struct WireWatchTests {
  private static let now = Timestamp(milliseconds: 1_795_000_000_123)

  private func record(_ kind: WatchKind, paid: Int64?, issued: Int64?) -> WatchRecord {
    var record = WatchRecord(handle: WatchHandle("w_1"), kind: kind, secret: WatchSecret("hush"))
    record.state = .paid
    record.unit = "sat"
    record.amountPaid = paid
    record.amountIssued = issued
    record.observedAt = Self.now
    return record
  }

  @Test("A quote that can be paid again shows its sums; for every other they are null")
  func sums() throws {
    let offer = record(.bolt12MintQuote, paid: 300, issued: 200)
    let quote = record(.bolt11MintQuote, paid: nil, issued: nil)
    for (record, paid, issued) in [(offer, "300", "200"), (quote, "null", "null")] {
      let transition = WatchTransition(
        record, previousState: .unpaid, observedAt: Self.now, via: .poll)
      let texts = [
        JSONWriter.document { $0.watch(record, mint: "alpha") },
        JSONWriter.document { $0.watchTransition(transition, mint: "alpha") },
      ].map { String(decoding: $0, as: UTF8.self) }
      for text in texts {
        #expect(text.contains(#""amount_paid":\#(paid),"amount_issued":\#(issued)"#))
        #expect(!text.contains("hush"))
      }
    }
  }
}
