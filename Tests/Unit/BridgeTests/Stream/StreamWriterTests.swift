import BridgeModel
import Testing

@testable import Bridge
@testable import EventStore

/// What is replayed has the bytes that it had when it was live.
@Suite struct StreamWriterTests {
  @Test(
    arguments: [EventType.payment, .balance, .watch],
    [#"{"wallet":"main","balance_sat":1}"#, "", "a\nb", "a\rb", "a\r\nb\n"])
  func `a row is written as its event was`(type: EventType, data: String) {
    let data = Array(data.utf8)
    var writer = StreamWriter(epoch: "k3f9")
    for sequence in [1, 42, Int64.max] {
      writer.bytes = []
      data.withUnsafeBytes { bytes in
        writer.append(EventRow(sequence: sequence, type: type, source: bytes, data: bytes))
      }
      let id = EventID(epoch: "k3f9", sequence: sequence)
      #expect(writer.bytes == StreamBlock.event(type, id: id, data: data))
    }
  }
}
