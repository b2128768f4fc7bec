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
