import ServerSentEvents
import TestSupport
import Testing

/// What is written is read back, whatever the data and wherever the stream is cut.
@Suite("Writing and reading")
struct RoundTripTests {
  private static let fragments = [
    "\r", "\n", "\r\n", "\0", ":", " ", "data: ", "id: 1", "event: x", "retry: 9", "\u{FEFF}", "é",
    "⚡", "a", "\u{2028}", "\u{85}", "",
  ]

  private func someText(_ random: inout SeededGenerator) -> String {
    (0..<Int.random(in: 0...12, using: &random))
      .map { _ in Self.fragments.randomElement(using: &random) ?? "" }
      .joined()
  }

  /// CR, LF and CRLF as LF: all that a stream does not keep. By scalars, for CRLF is one Character.
  private func normalised(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "\n", previous == "\r" {
        // The CR before it has become the LF.
      } else {
        result.append(scalar == "\r" ? "\n" : scalar)
      }
      previous = scalar
    }
    return String(result)
  }

  @Test("Any event comes back as it was", arguments: 0..<500 as Range<UInt64>)
  func roundTrips(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var expected: [EventStreamDecoder.Item] = []
    var lastEventID = ""
    for number in 0..<Int.random(in: 1...6, using: &random) {
      let id = EventStreamID("k-\(number)")
      let text = someText(&random)
      switch Int.random(in: 0...3, using: &random) {
      case 0:
        bytes += ServerSentEvent.comment(text).encoded()
        expected += normalised(text).split(separator: "\n", omittingEmptySubsequences: false)
          .map { .comment(String($0)) }
      case 1:
        bytes += ServerSentEvent.cursor(try #require(id)).encoded()
        lastEventID = "k-\(number)"
      case 2:
        bytes += ServerSentEvent(data: text).encoded()
        expected.append(event(normalised(text), id: lastEventID))
      default:
        let name = EventName(someText(&random))
        bytes += ServerSentEvent(id: id, name: name, data: text).encoded()
        lastEventID = "k-\(number)"
        expected.append(
          event(normalised(text), type: name?.text ?? "message", id: lastEventID))
      }
    }

    var decoder = EventStreamDecoder()
    var items: [EventStreamDecoder.Item] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 0...9, using: &random))
      items += try decoder.receive(Array(piece))
      rest = rest[piece.endIndex...]
    }
    #expect(items == expected)
    #expect(decoder.lastEventID == lastEventID)
  }

  @Test("A stream with a byte order mark reads alike in single bytes")
  func readsByteByByte() throws {
    let stream = "\u{FEFF}: hi\r\ndata: a\r\ndata: b\r\r\ndata: c\n\r\n"
    var decoder = EventStreamDecoder()
    var items: [EventStreamDecoder.Item] = []
    for byte in stream.utf8 { items += try decoder.receive([byte]) }
    #expect(items == [.comment("hi"), event("a\nb"), event("c")])
    #expect(try decode(stream) == items)
  }
}
