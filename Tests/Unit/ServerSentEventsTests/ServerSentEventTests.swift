import ServerSentEvents
import Testing

@Suite("WHATWG HTML §9.2.5: writing an event stream")
struct ServerSentEventTests {
  private func text(_ event: ServerSentEvent) -> String {
    String(decoding: event.encoded(), as: UTF8.self)
  }

  @Test("An event is id, event, data and an empty line")
  func writesEvent() {
    let event = ServerSentEvent(
      id: EventStreamID("k3f9-42"), name: EventName("payment"),
      data: #"{"memo":"hi ⚡"}"#)
    #expect(text(event) == "id: k3f9-42\nevent: payment\ndata: {\"memo\":\"hi ⚡\"}\n\n")
  }

  @Test("What an event has not is not written")
  func writesDataAlone() {
    #expect(text(ServerSentEvent(data: "x")) == "data: x\n\n")
  }

  @Test(
    "Each line of the data is a line of its own",
    arguments: [
      ("", ["data: "]), ("a\nb", ["data: a", "data: b"]), ("a\rb", ["data: a", "data: b"]),
      ("a\r\nb", ["data: a", "data: b"]), ("\n", ["data: ", "data: "]),
      ("a\n\rb", ["data: a", "data: ", "data: b"]), ("a\r\r\n", ["data: a", "data: ", "data: "]),
      (" a", ["data:  a"]), ("\nid: 1\nevent: x", ["data: ", "data: id: 1", "data: event: x"]),
      ("a\0b", ["data: a\0b"]),
    ])
  func splitsData(_ data: String, _ lines: [String]) {
    #expect(text(ServerSentEvent(data: data)) == lines.map { $0 + "\n" }.joined() + "\n")
  }

  @Test("Blocks without data: cursor, retry, comment")
  func writesBlocks() throws {
    #expect(text(.cursor(try #require(EventStreamID("k-7")))) == "id: k-7\n\n")
    #expect(text(.retry(milliseconds: 2000)) == "retry: 2000\n\n")
    #expect(text(.comment("")) == ": \n\n")
    #expect(text(.comment("still here\r\ndata: x")) == ": still here\n: data: x\n\n")
  }
}
