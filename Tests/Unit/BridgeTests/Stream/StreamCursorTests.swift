import BridgeModel
import Storage
import Testing

@testable import Bridge

/// A log that has these events and no others.
private struct ShortLog {
  var sequences: [Int64]
  var prunedThrough: Int64 = 0

  var bounds: LogBounds {
    LogBounds(epoch: "e", prunedThrough: prunedThrough, last: sequences.last ?? prunedThrough)
  }

  func read(_ range: LogRange, into writer: StreamWriter) -> LogPage<StreamWriter> {
    var page = LogPage(content: writer, last: range.through, prunedThrough: prunedThrough)
    for sequence in sequences where sequence > range.after && sequence <= range.through {
      Array("main{}".utf8).withUnsafeBytes { bytes in
        page.content.append(
          EventRow(
            sequence: sequence, kind: .payment, source: .init(rebasing: bytes[..<4]),
            data: .init(rebasing: bytes[4...])))
      }
    }
    return page
  }
}

/// What a subscriber is sent until it is live.
private struct Story {
  var cursor: StreamCursor
  private var text = ""

  init(_ start: StreamCursor.Start, _ bounds: LogBounds) {
    cursor = StreamCursor(start, filter: .everything, bounds: bounds)
  }

  /// Goes on until there is nothing to send, or, where `isPatient`, up to the first question.
  ///
  /// - Returns: The question that it stopped at.
  @discardableResult
  mutating func goOn(_ log: ShortLog, isPatient: Bool = false) -> LogRange? {
    while true {
      switch cursor.next(
        from: StreamRing(), bounds: log.bounds, snapshot: { Array("{}".utf8) })
      {
      case .bytes(let bytes): text += String(decoding: bytes, as: UTF8.self)
      case .read(let range) where isPatient: return range
      case .read(let range): answer(range, log)
      case .wait: return nil
      }
    }
  }

  mutating func answer(_ range: LogRange, _ log: ShortLog) {
    let page = log.read(range, into: cursor.collector(epoch: "e"))
    text += String(decoding: cursor.take(page), as: UTF8.self)
  }

  /// The kinds of its blocks, with their ids.
  var lines: [String] {
    text.split(separator: "\n").filter { !$0.hasPrefix("event: ") && $0 != "data: {}" }
      .map(String.init)
  }
}

@Suite("Where a subscriber begins")
struct StreamCursorTests {
  private func story(_ start: StreamCursor.Start, _ log: ShortLog) -> [String] {
    var story = Story(start, log.bounds)
    story.goOn(log)
    return story.lines
  }

  @Test("after an event that is there, with what follows it")
  func resumes() {
    #expect(
      story(.after("e-5"), ShortLog(sequences: [3, 5, 6])) == [
        "retry: 2000", "id: e-6", "id: e-6",
      ])
  }

  @Test("at either end of the log nothing is lost", arguments: ["e-3", "e-9", "earliest", "now"])
  func knowsTheEnds(_ start: String) {
    let log = ShortLog(sequences: [5, 9], prunedThrough: 3)
    let told =
      switch start {
      case "now": story(.now, log)
      case "earliest": story(.earliest, log)
      default: story(.after(start), log)
      }
    let missed = start == "e-9" || start == "now" ? [] : ["id: e-5", "id: e-9"]
    #expect(told == ["retry: 2000"] + missed + ["id: e-9"])
  }

  @Test("what is published while a part of the log is read follows it, once")
  func grows() {
    var story = Story(.earliest, ShortLog(sequences: [1, 2]).bounds)
    let question = story.goOn(ShortLog(sequences: [1, 2]), isPatient: true)
    let later = ShortLog(sequences: [1, 2, 3])
    #expect(question?.through == 2)
    #expect(story.goOn(later) == nil, "it waits for the answer")
    if let question { story.answer(question, later) }
    story.goOn(later)
    #expect(story.lines == ["retry: 2000", "id: e-1", "id: e-2", "id: e-3", "id: e-3"])
  }

  @Test("what is pruned while it waits for its turn is a gap, and what is left follows")
  func prunedMeanwhile() {
    var story = Story(.earliest, ShortLog(sequences: [1, 2, 3]).bounds)
    let question = story.goOn(ShortLog(sequences: [1, 2, 3]), isPatient: true)
    let later = ShortLog(sequences: [3, 4], prunedThrough: 2)
    if let question { story.answer(question, later) }
    story.goOn(later)
    let gap = #"data: {"requested":"e-0","resumed_after":"e-2","reason":"expired"}"#
    #expect(story.lines == ["retry: 2000", gap, "id: e-3", "id: e-4", "id: e-4"])
  }
}
