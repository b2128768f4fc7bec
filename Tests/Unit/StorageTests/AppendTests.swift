import BridgeModel
import Storage
import StorageTesting
import Testing

@Suite("What a storage keeps")
struct AppendTests {
  @Test(
    "events, payments and book of a commit are all there after a restart",
    arguments: Engine.allCases)
  func everythingSurvivesARestart(_ engine: Engine) throws {
    let place = engine.place()
    let payment = samplePayment("p1", memo: "hi ⚡\u{0}")
    let record = sampleBook(balance: 21_000, at: 5)
    let store = try place.open()
    let ids = try store.append([sampleEntry([payment], book: record)])
    store.close()

    let reopened = try place.open()
    #expect(reopened.epoch == store.epoch)
    #expect(ids.map(\.sequence) == [1, 2])
    #expect(reopened.lastEventID == ids.last)
    let book = try #require(try reopened.book(for: alice))
    #expect(book.record == record)
    #expect(book.payments == [payment])
    let events = try reopened.events()
    #expect(events.map(\.kind) == [.payment, .balance])
    #expect(events.map(\.sequence) == [1, 2])
    #expect(events.first?.data == Array(#"{"payment_id":"p1"}"#.utf8))
    #expect(events.first?.source == "main")
  }

  @Test("several entries in one call are numbered through", arguments: Engine.allCases)
  func groupCommit(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    let watch = LogEntry(
      commit: nil, events: [EncodedEvent(kind: .watch, source: "mint", data: Array("{}".utf8))])
    let ids = try store.append([
      sampleEntry([samplePayment("a")]), watch, sampleEntry([samplePayment("b")]),
    ])
    #expect(ids.map(\.sequence) == [1, 2, 3, 4, 5])
    let types = try store.events().map(\.kind)
    #expect(types == [.payment, .balance, .watch, .payment, .balance])
  }

  @Test("thousands of payments come in as state without events", arguments: Engine.allCases)
  func firstImport(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    let payments = (0..<3000).map { samplePayment("p\($0)", at: Int64($0)) }
    #expect(try store.append([importEntry(payments)]) == [])
    #expect(try store.book(for: alice)?.payments.count == 3000)
    #expect(store.lastEventID.sequence == 0)
  }

  @Test("every field of a payment comes back as it went in", arguments: Engine.allCases)
  func paymentFields(_ engine: Engine) throws {
    let place = engine.place()
    var payment = samplePayment("p", .outgoing, .pending, amount: 1, fee: 2)
    payment.extra = PaymentExtra(
      tag: "tpos", comment: "", fiatAmount: 1.25, fiatCurrency: "EUR")
    payment.isLate = true
    var book = sampleBook()
    book.importedAt = time(99)
    let store = try place.open()
    _ = try store.append(LogEntry(commit: Commit(book: book, payments: [payment]), events: []))
    let stored = try #require(try store.book(for: alice))
    #expect(stored == StoredBook(record: book, payments: [payment]))
  }

  @Test(
    "an epoch is short, of [0-9a-z], and another one in another store", arguments: Engine.allCases)
  func epochs(_ engine: Engine) throws {
    let place = engine.place()
    let first = try place.open(seed: 1).epoch
    let second = try engine.place().open(seed: 2).epoch
    #expect(first != second)
    #expect(first.utf8.count == 8)
  }

  @Test("a closed store says so", arguments: Engine.allCases)
  func closed(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    store.close()
    #expect(
      failureCause { () throws(StorageError) in _ = try store.append(watchEntry(1)) } == .closed)
  }
}
