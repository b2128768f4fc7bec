import BridgeModel
import Storage
import StorageTesting
import Testing

@Suite("Watches")
struct WatchTests {
  private static let mint = "https://mint.example"

  private func record(_ handle: String, _ secret: String) -> WatchRecord {
    WatchRecord(
      handle: WatchHandle(handle), kind: .bolt11MintQuote, secret: WatchSecret(secret))
  }

  private func transition(_ record: WatchRecord, to state: WatchState) -> LogEntry {
    var next = record
    next.state = state
    next.amount = 100
    next.unit = "sat"
    next.expiry = Timestamp(milliseconds: 2_000_000)
    next.observedAt = Timestamp(milliseconds: 1_000_000)
    let event = WatchTransition(
      next, previousState: record.state, observedAt: Timestamp(milliseconds: 1_000_000),
      via: .poll)
    return LogEntry(
      commit: Commit(watches: [next], events: [.watch(event)]),
      events: [EncodedEvent(kind: .watch, source: "mint", data: Array("{}".utf8))])
  }

  @Test("a watch, its state and its event come back after a restart", arguments: Engine.allCases)
  func durable(_ engine: Engine) throws {
    let place = engine.place()
    var store = try place.open()
    try store.addWatch(record("w_1", "q1"), of: Self.mint)
    try store.addWatch(record("w_2", "q2"), of: Self.mint)
    let ids = try store.append([transition(record("w_2", "q2"), to: .paid)])
    #expect(ids.count == 1)
    store.close()
    store = try place.open()
    let watches = try store.watches(of: Self.mint)
    #expect(watches.map(\.handle.text) == ["w_1", "w_2"])
    #expect(watches.map(\.secret.revealed) == ["q1", "q2"])
    #expect(watches.map(\.state) == [.unpaid, .paid])
    #expect(watches[0].observedAt == nil && watches[0].amount == nil)
    #expect(watches[1].amount == 100 && watches[1].unit == "sat")
    #expect(watches[1].expiry == Timestamp(milliseconds: 2_000_000))
    #expect(watches[1].observedAt == Timestamp(milliseconds: 1_000_000))
    #expect(try store.events().map(\.kind) == [.watch])
  }

  @Test(
    "the sums of a quote that can be paid again come back after a restart",
    arguments: Engine.allCases)
  func sums(_ engine: Engine) throws {
    let place = engine.place()
    var store = try place.open()
    let offer = WatchRecord(
      handle: WatchHandle("w_1"), kind: .bolt12MintQuote, secret: WatchSecret("q1"))
    try store.addWatch(offer, of: Self.mint)
    #expect(try store.watches(of: Self.mint) == [offer])
    var paid = offer
    paid.amountPaid = 300
    paid.amountIssued = 200
    _ = try store.append([transition(paid, to: .paid)])
    store.close()
    store = try place.open()
    let watches = try store.watches(of: Self.mint)
    #expect(watches.map(\.amountPaid) == [300])
    #expect(watches.map(\.amountIssued) == [200])
    #expect(watches.map(\.unit) == ["sat"])
  }

  @Test("a mint's watches are its own, whatever its name", arguments: Engine.allCases)
  func origins(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try store.addWatch(record("w_1", "q"), of: Self.mint)
    try store.addWatch(record("w_2", "q"), of: "https://other.example")
    #expect(try store.watches(of: Self.mint).map(\.handle.text) == ["w_1"])
    #expect(try store.watches(of: "https://third.example").isEmpty)
  }

  @Test("a secret stands once at a mint", arguments: Engine.allCases)
  func twins(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try store.addWatch(record("w_1", "q"), of: Self.mint)
    let twin = try store.addWatch(record("w_2", "q"), of: Self.mint)
    #expect(twin == .present(record("w_1", "q")))
    #expect(try store.watches(of: Self.mint).count == 1)
  }

  @Test("a mint has no more watches than it may", arguments: Engine.allCases)
  func limit(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    for number in 1...3 {
      let record = record("w_\(number)", "q\(number)")
      let added = try store.addWatch(record, of: Self.mint, limit: 2)
      #expect(added == (number <= 2 ? .added : .tooMany))
    }
    #expect(try store.watches(of: Self.mint).count == 2)
    #expect(try store.addWatch(record("w_9", "q"), of: "other", limit: 2) == .added)
    #expect(try store.deleteWatch(WatchHandle("w_1")) == Self.mint)
    #expect(try store.deleteWatch(WatchHandle("w_1")) == nil)
    #expect(try store.addWatch(record("w_3", "q3"), of: Self.mint, limit: 2) == .added)
  }

  @Test("a deleted watch does not come back by a transition", arguments: Engine.allCases)
  func deleted(_ engine: Engine) throws {
    let store = try engine.place().open()
    try store.addWatch(record("w_1", "q"), of: Self.mint)
    #expect(try store.deleteWatch(WatchHandle("w_1")) == Self.mint)
    try store.append(transition(record("w_1", "q"), to: .paid))
    #expect(try store.watches(of: Self.mint).isEmpty)
  }
}
