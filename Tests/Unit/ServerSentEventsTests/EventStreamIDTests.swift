import ServerSentEvents
import Testing

@Suite("Ids and names that cannot inject")
struct EventStreamIDTests {
  @Test(
    "An id is 1 to 40 bytes of [0-9a-z-]",
    arguments: ["0", "k3f9-42", "-", String(repeating: "z", count: 40)])
  func acceptsIDs(_ text: String) {
    #expect(EventStreamID(text)?.text == text)
  }

  @Test(
    "Anything else is no id",
    arguments: [
      "", "A", "a b", "a_b", "a\n", "a\r", "a\r\ndata: x", "a\0", "é", "a:", "\u{FEFF}a",
      String(repeating: "z", count: 41),
    ])
  func refusesIDs(_ text: String) {
    #expect(EventStreamID(text) == nil)
  }

  @Test(
    "A name is 1 to 64 bytes without a control character",
    arguments: ["payment", "a b", "ä⚡", ":", String(repeating: "n", count: 64)])
  func acceptsNames(_ text: String) {
    #expect(EventName(text)?.text == text)
  }

  @Test(
    "Anything else is no name",
    arguments: [
      "", "a\n", "\r", "a\r\nid: 1", "a\0b", "\t", "\u{7F}", String(repeating: "n", count: 65),
    ])
  func refusesNames(_ text: String) {
    #expect(EventName(text) == nil)
  }
}

@Suite("Last-Event-ID")
struct LastEventIDTests {
  @Test(
    "An id of ours is an epoch and a sequence",
    arguments: [
      ("k3f9-42", "k3f9", 42), ("a-0", "a", 0), ("0-9223372036854775807", "0", .max),
      ("abcdefghij0123456789-9223372036854775807", "abcdefghij0123456789", .max),
    ] as [(String, String, Int64)])
  func readsPositions(_ text: String, _ epoch: String, _ sequence: Int64) {
    #expect(LastEventID(text) == .position(epoch: epoch, sequence: sequence))
  }

  @Test(
    "Anything else is malformed, and no crash",
    arguments: [
      "", "-", "a", "a-", "-1", "a-b", "a--1", "a-b-1", "a-01", "a-+1", "a- 1", "A-1", "a-1\n",
      "a-9223372036854775808", "a-99999999999999999999999", "a-٣", "é-1", "earliest", "a-1,a-2",
      "\u{200B}a-1", "abcdefghij0123456789x-1",
      String(repeating: "a-1", count: 100_000),
    ])
  func keepsTheRestOut(_ text: String) {
    #expect(LastEventID(text) == .malformed)
  }
}
