import BridgeModel
import Testing

@testable import Bridge
@testable import EventStore

/// A log that has these events and no others.
private struct ShortLog: EventLogReader {
  var sequences: [Int64]
  var prunedThrough: Int64 = 0

  func bounds() -> LogBounds {
    let last = sequences.last ?? prunedThrough
    return LogBounds(
      epoch: "e", prunedThrough: prunedThrough, last: last, issuedThrough: max(last, 1000))
  }

  func lastEvent(through sequence: Int64) -> Int64? {
    sequences.last { $0 <= sequence }
  }

  func replay(
    after sequence: Int64, limit: Int, maximumBytes: Int, _ body: (EventRow) -> Void
  ) -> ReplayProgress {
    let rest = sequences.filter { $0 > sequence }.prefix(limit)
    for sequence in rest {
      Array("main{}".utf8).withUnsafeBytes { bytes in
        body(
          EventRow(
            sequence: sequence, type: .payment, source: .init(rebasing: bytes[..<4]),
            data: .init(rebasing: bytes[4...])))
      }
    }
    return ReplayProgress(
      last: rest.last ?? sequence, events: rest.count, reachedEnd: rest.count < limit)
  }

  /// What a subscriber is sent until it is live: the kinds of its blocks, with their ids.
  func story(from start: StreamCursor.Start) throws(StoreError) -> [String] {
    var cursor = StreamCursor(start, filter: .everything, bounds: bounds())
    var text = ""
    while let bytes = try cursor.next(
      from: StreamRing(), bounds: bounds(), reader: self, snapshot: { Array("{}".utf8) })
    {
      text += String(decoding: bytes, as: UTF8.self)
    }
    return text.split(separator: "\n").filter { !$0.hasPrefix("event: ") && $0 != "data: {}" }
      .map(String.init)
  }
}

@Suite("Where a subscriber begins")
struct StreamCursorTests {
  @Test("after an event that is there, with what follows it")
  func resumes() throws {
    #expect(
      try ShortLog(sequences: [3, 5, 6]).story(from: .after("e-5")) == [
        "retry: 2000", "id: e-6", "id: e-6",
      ])
  }

  @Test("after an event that the store has lost: told, and sent what there is after the one before")
  func tellsOfLoss() throws {
    let gap = #"data: {"requested":"e-7","resumed_after":"e-3","reason":"unknown"}"#
    #expect(
      try ShortLog(sequences: [2, 3, 1001]).story(from: .after("e-7")) == [
        "retry: 2000", gap, "id: e-1001", "id: e-1001",
      ])
    #expect(try ShortLog(sequences: [2, 3]).story(from: .after("e-7"))[1] == gap)
    let pruned = ShortLog(sequences: [], prunedThrough: 3)
    #expect(try pruned.story(from: .after("e-7"))[1] == gap)
  }

  @Test("at either end of the log nothing is lost", arguments: ["e-3", "e-9", "earliest", "now"])
  func knowsTheEnds(_ start: String) throws {
    let log = ShortLog(sequences: [5, 9], prunedThrough: 3)
    let story =
      switch start {
      case "now": try log.story(from: .now)
      case "earliest": try log.story(from: .earliest)
      default: try log.story(from: .after(start))
      }
    let missed = start == "e-9" || start == "now" ? [] : ["id: e-5", "id: e-9"]
    #expect(story == ["retry: 2000"] + missed + ["id: e-9"])
  }
}
