import BridgeModel
import Storage
import StorageTesting
import Testing

@Suite("GET /api/v1/history")
struct PaymentHistoryTests {
  private func moment(_ text: String) throws -> Timestamp {
    try #require(Timestamp(rfc3339: text))
  }

  private func payment(
    _ id: String, _ at: String, _ direction: Payment.Direction, _ status: Payment.Status,
    _ amount: Int64, fee: Int64 = 0
  ) throws -> Payment {
    samplePayment(
      id, direction, status, amount: amount, fee: fee, at: try moment(at).milliseconds)
  }

  /// Opening balance 1000; a difference of +5 that no payment explains, published on 2 March at
  /// noon.
  private func makeStore(_ engine: Engine) throws -> (PromptStorage, BookIdentity) {
    let store = try engine.place().open()
    let first = [
      try payment("a", "2026-02-28T23:59:59.999Z", .incoming, .settled, 100),
      try payment("b", "2026-03-01T00:00:00.000Z", .outgoing, .settled, 30, fee: 2),
      try payment("c", "2026-03-01T00:59:59.000Z", .incoming, .settled, 7),
      try payment("d", "2026-03-02T11:00:00.000Z", .outgoing, .pending, 50, fee: 1),
      try payment("e", "2026-03-02T11:30:00.000Z", .outgoing, .failed, 900),
      try payment("f", "2026-03-02T11:40:00.000Z", .incoming, .pending, 900),
    ]
    // 1000 + 100 − 32 + 7 − 51
    let before = sampleBook(balance: 1024)
    _ = try store.append([importEntry(first, book: before)])
    let noon = try moment("2026-03-02T12:00:00Z").milliseconds
    let after = sampleBook(balance: 1029, unexplained: 5, at: noon)
    _ = try store.append([importEntry([], book: after)])
    return (store, alice)
  }

  private func lines(_ periods: [HistoryPeriod]) -> [String] {
    periods.map {
      let sums = [$0.incoming, $0.outgoing, $0.fee, $0.closingBalance].map { "\($0.value)" }
      return "\($0.start.rfc3339.prefix(13)) \($0.count): \(sums.joined(separator: " "))"
    }
  }

  @Test(
    "sums by day: incoming, outgoing, fee, closing balance; failed payments do not count",
    arguments: Engine.allCases)
  func days(_ engine: Engine) throws {
    let (store, book) = try makeStore(engine)
    let periods = try store.history(HistoryQuery(books: [book], group: .day))
    #expect(
      lines(periods) == [
        "2026-02-28T00 1: 100 0 0 1100", "2026-03-01T00 2: 7 30 2 1075",
        "2026-03-02T00 1: 0 50 1 1029",
      ])
  }

  @Test("sums by hour show when a difference was published", arguments: Engine.allCases)
  func hours(_ engine: Engine) throws {
    let (store, book) = try makeStore(engine)
    let periods = try store.history(HistoryQuery(books: [book], group: .hour))
    #expect(
      lines(periods) == [
        "2026-02-28T23 1: 100 0 0 1100", "2026-03-01T00 2: 7 30 2 1075",
        "2026-03-02T11 1: 0 50 1 1024", "2026-03-02T12 0: 0 0 0 1029",
      ])
  }

  @Test("sums by month begin with the month that `since` falls in", arguments: Engine.allCases)
  func months(_ engine: Engine) throws {
    let (store, book) = try makeStore(engine)
    let since = try moment("2026-03-31T00:00:00Z")
    let query = HistoryQuery(books: [book], group: .month, since: since)
    let periods = try store.history(query)
    #expect(lines(periods) == ["2026-03-01T00 3: 7 80 3 1029"])
  }

  @Test("several books are summed together, none at all is nothing", arguments: Engine.allCases)
  func severalBooks(_ engine: Engine) throws {
    let (store, book) = try makeStore(engine)
    let extra = [try payment("a", "2026-03-02T01:00:00Z", .incoming, .settled, 10)]
    _ = try store.append([importEntry(extra, book: sampleBook(bob, balance: 10))])
    let other = bob
    let reader = store
    let periods = try reader.history(HistoryQuery(books: [book, other], group: .day))
    #expect(lines(periods).last == "2026-03-02T00 2: 10 50 1 1039")
    #expect(try reader.history(HistoryQuery(books: [], group: .day)).isEmpty)
  }

  @Test(
    "sums beyond Int64 are the nearest amount, and what follows from them is exact",
    arguments: Engine.allCases)
  func largestAmounts(_ engine: Engine) throws {
    let place = engine.place()
    let largest: Int64 = 2_100_000_000_000_000_000
    // Each of them is money that there could be, in turn in and out, so that the balance stays
    // small.
    let payments = try (0..<10).map { number in
      try payment(
        "p\(number)", "2026-03-0\(1 + number / 5)T0\(number % 5):00:00Z",
        number % 2 == 0 ? .incoming : .outgoing, .settled, largest)
    }
    let store = try place.open()
    _ = try store.append([importEntry(payments, book: sampleBook(balance: 7))])
    let book = alice
    let reader = store
    #expect(
      lines(try reader.history(HistoryQuery(books: [book], group: .day))) == [
        "2026-03-01T00 5: 6300000000000000000 4200000000000000000 0 2100000000000000007",
        "2026-03-02T00 5: 4200000000000000000 6300000000000000000 0 7",
      ])
    #expect(
      lines(try reader.history(HistoryQuery(books: [book], group: .month))) == [
        "2026-03-01T00 10: \(Int64.max) \(Int64.max) 0 7"
      ])
  }

  @Test(
    "a correction's size is right, and near the bounds the nearest one", arguments: Engine.allCases)
  func largestCorrections(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    for (day, unexplained) in [Int64.min, .max, 5, 0].enumerated() {
      let at = try moment("2026-03-0\(day + 1)T00:00:00Z").milliseconds
      var book = sampleBook(at: at)
      book.unexplained = Millisatoshi(unexplained)
      book.balance.amount = Millisatoshi(unexplained)
      _ = try store.append([importEntry([], book: book)])
    }
    let book = alice
    let periods = try store.history(HistoryQuery(books: [book], group: .day))
    // From the first day to the second it moved by more than an amount can say.
    #expect(periods.map(\.closingBalance.value) == [0, .max, 5, 0])
  }

  @Test(
    "times beyond RFC 3339 count in the first or the last period that can be written",
    arguments: Engine.allCases)
  func strangeTimes(_ engine: Engine) throws {
    let place = engine.place()
    let times: [Int64] = [.min, -62_167_219_200_000, -1, 253_402_300_799_999, .max]
    let payments = times.enumerated().map { number, at in
      samplePayment("p\(number)", amount: 1, at: at)
    }
    let store = try place.open()
    _ = try store.append([importEntry(payments, book: sampleBook(balance: 5))])
    let book = alice
    for (group, first, last) in [
      (HistoryQuery.Group.hour, "0000-01-01T00", "9999-12-31T23"),
      (.day, "0000-01-01T00", "9999-12-31T00"), (.month, "0000-01-01T00", "9999-12-01T00"),
    ] {
      let periods = try store.history(HistoryQuery(books: [book], group: group))
      #expect(periods.map(\.count) == [2, 1, 2])
      #expect(lines(periods).first == "\(first) 2: 2 0 0 2")
      #expect(lines(periods).last == "\(last) 2: 2 0 0 5")
    }
  }
}
