import BridgeModel
import Storage
import StorageTesting
import Testing

@Suite("The log, its ids and its pruning")
struct LogTests {
  @Test(
    "a part of the log ends at its limit of events or bytes, or its last event",
    arguments: Engine.allCases)
  func limits(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try store.append(watchEntry(10))
    func read(_ range: LogRange) throws -> [Int64] {
      let page = try store.page(range)
      #expect(page.last == page.content.last?.sequence ?? range.through)
      return page.content.map(\.sequence)
    }
    #expect(try read(LogRange(after: 2, through: 10, maximumEvents: 3)) == [3, 4, 5])
    #expect(try read(LogRange(after: 5, through: 10, maximumBytes: 6)) == [6, 7])
    #expect(try read(LogRange(after: 7, through: 9)) == [8, 9])
    #expect(try read(LogRange(after: 7, through: 10)) == [8, 9, 10])
    #expect(try read(LogRange(after: 10, through: 12)) == [])
  }

  @Test(
    "a subscriber's id is known, expired, unknown or of another epoch", arguments: Engine.allCases)
  func positions(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open(keepEvents: 4)
    try store.append(watchEntry(10))
    let bounds = store.bounds
    #expect(bounds.prunedThrough == 6)
    #expect(try store.page(LogRange(after: 0, through: 0)).prunedThrough == 6)
    #expect(bounds.position(of: "\(store.epoch)-10") == .known(after: 10))
    #expect(bounds.position(of: "\(store.epoch)-6") == .known(after: 6))
    #expect(bounds.position(of: "\(store.epoch)-5") == .expired)
    #expect(bounds.position(of: "\(store.epoch)-0") == .expired)
    #expect(bounds.position(of: "\(store.epoch)-11") == .unknown)
    #expect(bounds.position(of: "other-3") == .otherEpoch)
    #expect(bounds.position(of: "nonsense") == .unknown)
    #expect(bounds.position(of: "") == .unknown)
  }

  @Test("the newest events are kept, payments and books all of them", arguments: Engine.allCases)
  func pruning(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open(keepEvents: 10)
    for number in 0..<20 { try store.append(sampleEntry([samplePayment("p\(number)")])) }
    #expect(try store.events().map(\.sequence) == Array(31...40))
    #expect(try store.book(for: alice)?.payments.count == 20)
    store.close()
    #expect(try place.open(keepEvents: 10).bounds.prunedThrough == 30)
  }

  @Test(
    "a log that is told to keep fewer shrinks in small steps, with what is appended",
    arguments: Engine.allCases)
  func keepFewer(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try store.append(watchEntry(500))
    store.close()
    let smaller = try place.open(keepEvents: 100)
    var steps = 0
    while try smaller.events().count > 100 {
      try smaller.append(watchEntry(1))
      steps += 1
    }
    #expect(steps == 4)
  }
}
