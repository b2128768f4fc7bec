import BridgeModel
import Storage
import Testing

@testable import Bridge

/// What is replayed has the bytes that it had when it was live.
@Suite struct StreamWriterTests {
  @Test(
    arguments: [EventKind.payment, .balance, .watch],
    [#"{"wallet":"main","balance_sat":1}"#, "", "a\nb", "a\rb", "a\r\nb\n"])
  func `a row is written as its event was`(kind: EventKind, data: String) {
    let data = Array(data.utf8)
    for sequence in [1, 42, Int64.max] {
      var writer = StreamWriter(epoch: "k3f9", filter: .everything)
      data.withUnsafeBytes { bytes in
        writer.append(EventRow(sequence: sequence, kind: kind, source: bytes, data: bytes))
      }
      let id = EventID(epoch: "k3f9", sequence: sequence)
      #expect(writer.bytes == StreamBlock.event(kind, id: id, data: data))
      #expect(writer.last == sequence)
    }
  }

  @Test func `what the filter leaves out is not written`() {
    var writer = StreamWriter(
      epoch: "k3f9", filter: StreamFilter(sources: ["main"], kinds: [.balance]))
    Array("main".utf8).withUnsafeBytes { main in
      for (sequence, kind) in [(Int64(1), EventKind.payment), (2, .balance), (3, .watch)] {
        writer.append(EventRow(sequence: sequence, kind: kind, source: main, data: main))
      }
    }
    #expect(writer.last == 2)
    #expect(String(decoding: writer.bytes, as: UTF8.self).contains("id: k3f9-2\n"))
  }
}
