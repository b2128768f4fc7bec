import ServerSentEvents
import Testing

/// Feeds text in one piece to a fresh decoder.
func decode(_ text: String) throws -> [EventStreamDecoder.Item] {
  var decoder = EventStreamDecoder()
  return try decoder.receive(Array(text.utf8))
}

func event(
  _ data: String, type: String = "message", id: String = ""
) -> EventStreamDecoder.Item {
  .event(.init(type: type, data: data, lastEventID: id))
}

@Suite("WHATWG HTML §9.2.6: reading an event stream")
struct EventStreamDecoderTests {
  @Test(
    "Lines end in LF, CR or CRLF, mixed as they like",
    arguments: ["\n", "\r", "\r\n"], ["\n", "\r", "\r\n"])
  func acceptsLineEnds(_ first: String, _ second: String) throws {
    // A CR followed by an LF is one line end, so this pair would not be two.
    guard (first, second) != ("\r", "\n") else { return }
    #expect(try decode("data: a\(first)data: b\(second)\(second)") == [event("a\nb")])
  }

  @Test("A byte order mark at the very front is no part of a field")
  func skipsByteOrderMark() throws {
    #expect(try decode("\u{FEFF}data: x\n\n") == [event("x")])
    #expect(try decode("\u{FEFF}\u{FEFF}data: x\n\n").isEmpty)
    #expect(try decode("data: x\n\u{FEFF}data: y\n\n") == [event("x")])
  }

  @Test(
    "One space behind the colon belongs to the syntax",
    arguments: [
      ("data:x", "x"), ("data: x", "x"), ("data:  x", " x"), ("data:\tx", "\tx"), ("data: ", ""),
      ("data:", ""), ("data", ""), ("data: x:y: z", "x:y: z"),
    ])
  func readsValues(_ line: String, _ data: String) throws {
    #expect(try decode("\(line)\n\n") == [event(data)])
  }

  @Test(
    "The examples of the standard",
    arguments: [
      (
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
          + "data:  third event\n",
        [.comment("test stream"), event("first event", id: "1"), event("second event")]
      ),
      ("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
      ("data:test\n\ndata: test\n\n", [event("test"), event("test")]),
      ("data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
      (
        "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
        [event("73857293", type: "add"), event("2153", type: "remove")]
      ),
    ] as [(String, [EventStreamDecoder.Item])])
  func readsExamples(_ text: String, _ items: [EventStreamDecoder.Item]) throws {
    #expect(try decode(text) == items)
  }

  @Test("An event without data is none, and its type is forgotten")
  func dropsEventsWithoutData() throws {
    #expect(try decode("event: x\n\ndata: y\n\n") == [event("y")])
  }

  @Test("Unknown fields, and fields in another case, are read over")
  func ignoresUnknownFields() throws {
    #expect(try decode("Data: a\n data: b\nfoo: c\ndatas: d\ndata: e\n\n") == [event("e")])
  }

  @Test("A block with an id alone moves the last event id")
  func movesCursor() throws {
    var decoder = EventStreamDecoder(lastEventID: "k-1")
    #expect(decoder.lastEventID == "k-1")
    #expect(try decoder.receive(Array("id: k-2\n".utf8)).isEmpty)
    #expect(decoder.lastEventID == "k-1", "not before the block has ended")
    #expect(try decoder.receive(Array("\ndata: x\n\n".utf8)) == [event("x", id: "k-2")])
    #expect(decoder.lastEventID == "k-2")
  }

  @Test("An id with NUL is ignored")
  func ignoresNulInID() throws {
    #expect(try decode("id: 1\nid: 2\0\ndata: x\n\n") == [event("x", id: "1")])
  }

  @Test(
    "Only digits are a time to wait",
    arguments: [
      ("2000", 2000), ("0", 0), ("", nil), ("-1", nil), ("+1", nil), ("1.5", nil), ("1s", nil),
      (" 1", nil), ("٣", nil), ("99999999999999999999", nil),
    ] as [(String, Int?)])
  func readsRetry(_ value: String, _ expected: Int?) throws {
    var decoder = EventStreamDecoder()
    _ = try decoder.receive(Array("retry: \(value)\n\n".utf8))
    #expect(decoder.retryMilliseconds == expected)
  }

  @Test("Bytes that are not UTF-8 become U+FFFD")
  func repairsUTF8() throws {
    var decoder = EventStreamDecoder()
    let bytes = Array("data: a".utf8) + [0xE2, 0x9A] + Array("\n\n".utf8)
    #expect(try decoder.receive(bytes) == [event("a\u{FFFD}")])
  }

  @Test("A line and an event have limits, and passing one is final")
  func keepsLimits() throws {
    var decoder = EventStreamDecoder(maximumLineBytes: 8, maximumEventBytes: 4)
    #expect(try decoder.receive(Array("data: ab\ndata:c\n\n".utf8)) == [event("ab\nc")])
    var other = decoder
    #expect(throws: EventStreamError.lineTooLong(maximumBytes: 8)) {
      try decoder.receive(Array(": 3456789".utf8))
    }
    #expect(throws: EventStreamError.lineTooLong(maximumBytes: 8)) {
      try decoder.receive(Array("\n".utf8))
    }
    #expect(throws: EventStreamError.eventTooLong(maximumBytes: 4)) {
      try other.receive(Array("data:ab\ndata:c\ndata:d\n".utf8))
    }
  }
}
