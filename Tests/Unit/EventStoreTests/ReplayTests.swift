import BridgeModel
import Testing

@testable import EventStore

@Suite("Replay, ids and pruning")
struct ReplayTests {
  private let directory = TemporaryDirectory()

  private func events(_ count: Int) -> LogEntry {
    let event = EncodedEvent(type: .watch, source: "mint", data: Array("12345".utf8))
    return LogEntry(commit: nil, events: Array(repeating: event, count: count))
  }

  @Test("a replay stops at its limit of events or bytes and says where to go on")
  func limits() throws {
    let store = try openStore(directory.database)
    _ = try store.append([events(10)])
    let reader = try store.makeReader()
    var seen: [Int64] = []
    let byCount = try reader.replay(after: 2, limit: 3, maximumBytes: .max) {
      seen.append($0.sequence)
    }
    #expect(seen == [3, 4, 5])
    #expect(byCount == ReplayProgress(last: 5, events: 3, reachedEnd: false))
    let byBytes = try reader.replay(after: 5, limit: 100, maximumBytes: 6) { _ in }
    #expect(byBytes == ReplayProgress(last: 7, events: 2, reachedEnd: false))
    let rest = try reader.replay(after: 7, limit: 100, maximumBytes: .max) { _ in }
    #expect(rest == ReplayProgress(last: 10, events: 3, reachedEnd: true))
  }

  @Test("a replay left in the middle keeps neither an append nor a checkpoint waiting")
  func shortTransactions() throws {
    let store = try openStore(directory.database)
    _ = try store.append([events(100)])
    let reader = try store.makeReader()
    _ = try reader.replay(after: 0, limit: 1, maximumBytes: .max) { _ in }
    _ = try store.append([events(1)])
    let database = try Database(
      path: directory.database, access: .readWrite, busyTimeoutMilliseconds: 0)
    let (pages, copied) = try database.checkpoint(.restart)
    #expect(pages > 0 && pages == copied)
  }

  @Test("a subscriber's id is known, expired, unknown or of another epoch")
  func positions() throws {
    let store = try openStore(directory.database, keepEvents: 4)
    _ = try store.append([events(10)])
    for bounds in [store.bounds, try store.makeReader().bounds()] {
      #expect(bounds.prunedThrough == 6)
      #expect(bounds.position(of: "\(store.epoch)-10") == .known(after: 10))
      #expect(bounds.position(of: "\(store.epoch)-6") == .known(after: 6))
      #expect(bounds.position(of: "\(store.epoch)-5") == .expired)
      #expect(bounds.position(of: "\(store.epoch)-0") == .expired)
      #expect(bounds.position(of: "\(store.epoch)-11") == .unknown)
      #expect(bounds.position(of: "other-3") == .otherEpoch)
      #expect(bounds.position(of: "nonsense") == .unknown)
      #expect(bounds.position(of: "") == .unknown)
    }
  }

  @Test("the newest events are kept, payments and books all of them")
  func pruning() throws {
    let store = try openStore(directory.database, keepEvents: 10)
    for number in 0..<20 { _ = try store.append([sampleEntry([samplePayment("p\(number)")])]) }
    let kept = try store.makeReader().events(after: 0, limit: 1000).map(\.sequence)
    #expect(kept == Array(31...40))
    #expect(try store.book(for: alice)?.payments.count == 20)
    store.close()
    #expect(try openStore(directory.database, keepEvents: 10).bounds.prunedThrough == 30)
  }

  @Test("holes in the numbering do not count as kept events")
  func holesAreNotEvents() throws {
    let store = try openStore(directory.database, keepEvents: 10)
    _ = try store.append([events(8)])
    let copy = TemporaryDirectory()
    for suffix in ["", "-wal"] {
      Files.write(
        try #require(Files.read(directory.database + suffix)), to: copy.database + suffix)
    }
    let crashed = try openStore(copy.database, keepEvents: 10)
    _ = try crashed.append([events(2)])
    #expect(try crashed.makeReader().events(after: 0, limit: 100).count == 10)
    #expect(crashed.bounds.prunedThrough == 0)
  }

  @Test("a log that is told to keep fewer shrinks in small steps")
  func keepFewer() throws {
    let store = try openStore(directory.database)
    _ = try store.append([events(500)])
    store.close()
    let smaller = try openStore(directory.database, keepEvents: 100)
    var steps = 1
    while try smaller.prune() { steps += 1 }
    #expect(steps == 4)
    #expect(try smaller.makeReader().events(after: 0, limit: 1000).count == 100)
    #expect(smaller.bounds.prunedThrough == 400)
  }
}
