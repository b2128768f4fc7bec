import BridgeModel
import Storage
import StorageTesting
import Testing

@testable import SQLiteStorage

@Suite("GET /api/v1/payments")
struct PaymentQueryTests {
  private let directory = TemporaryDirectory()
  private let store: PromptStorage

  init() throws {
    store = try openStore(directory.database)
  }

  private func ids(_ query: PaymentQuery) throws -> [String] {
    try store.payments(query).payments.map(\.payment.paymentID)
  }

  private func publish(_ payments: Payment..., book: BookIdentity = alice) throws {
    _ = try store.append([sampleEntry(payments, book: sampleBook(book))])
  }

  @Test("newest first, in order of publication; history from before comes last, by time")
  func order() throws {
    try publish(samplePayment("a", at: 900))
    let old = [samplePayment("x", at: 5), samplePayment("y", at: 7), samplePayment("z", at: 6)]
    _ = try store.append([importEntry(old, book: sampleBook(bob))])
    try publish(samplePayment("b", at: 1))
    #expect(try ids(PaymentQuery(books: [alice, bob])) == ["b", "a", "y", "z", "x"])
  }

  @Test("a payment that changes status again moves to the front; one that is only noted stays")
  func moving() throws {
    try publish(samplePayment("out", .outgoing, .pending))
    try publish(samplePayment("in"))
    #expect(try ids(PaymentQuery(books: [alice, bob])) == ["in", "out"])
    try publish(samplePayment("out", .outgoing, .settled))
    #expect(try ids(PaymentQuery(books: [alice, bob])) == ["out", "in"])
    _ = try store.append([importEntry([samplePayment("in", memo: "late memo")])])
    #expect(try ids(PaymentQuery(books: [alice, bob])) == ["out", "in"])
    #expect(try ids(PaymentQuery(books: [alice, bob], memoContains: "late")) == ["in"])
  }

  @Test(
    "pages join without a gap or a double, whatever is published meanwhile", arguments: [1, 3, 7])
  func cursors(limit: Int) throws {
    let old = (0..<10).map { samplePayment("old\($0)", at: 50) }
    _ = try store.append([importEntry(old)])
    for number in 0..<10 { try publish(samplePayment("new\(number)")) }
    let all = try ids(PaymentQuery(books: [alice, bob], limit: 1000))
    var collected: [String] = []
    var cursor: PaymentCursor?
    repeat {
      let page = try store.payments(
        PaymentQuery(books: [alice, bob], before: cursor, limit: limit))
      collected += page.payments.map(\.payment.paymentID)
      // Through text, as a client hands it back.
      cursor = page.next.flatMap { PaymentCursor($0.description) }
      #expect((cursor == nil) == (page.next == nil))
      try publish(samplePayment("meanwhile\(collected.count)"))
    } while cursor != nil
    #expect(all.count == 20)
    #expect(collected == all)
  }

  @Test("what is not a cursor is none", arguments: ["", ".", "1", "1.", "1.2.3", "x y", "é.1"])
  func badCursor(text: String) {
    #expect(PaymentCursor(text) == nil)
  }

  @Test("filters by book, status, direction and hash, alone and together")
  func filters() throws {
    try publish(samplePayment("a", .outgoing, .pending), samplePayment("b", .outgoing, .failed))
    try publish(samplePayment("c", hash: "h"), samplePayment("d", .outgoing, hash: "h"))
    try publish(samplePayment("e", hash: "h"), samplePayment("h", hash: "h"), book: bob)
    let book = alice
    #expect(try ids(PaymentQuery(books: [alice, bob], status: .pending)) == ["a"])
    #expect(try ids(PaymentQuery(books: [alice, bob], status: .failed)) == ["b"])
    #expect(try ids(PaymentQuery(books: [alice, bob], direction: .incoming)) == ["h", "e", "c"])
    // One of them has no other id than its hash, as most have at a real wallet.
    #expect(try ids(PaymentQuery(books: [alice, bob], paymentHash: "h")) == ["h", "e", "d", "c"])
    #expect(try ids(PaymentQuery(books: [alice, bob], paymentHash: "hash-a")) == ["a"])
    #expect(try ids(PaymentQuery(books: [alice, bob], paymentHash: "a")) == [])
    #expect(try ids(PaymentQuery(books: [book], paymentHash: "h")) == ["d", "c"])
    #expect(try ids(PaymentQuery(books: [book], status: .settled, direction: .outgoing)) == ["d"])
    #expect(try ids(PaymentQuery(books: [])) == [])
  }

  @Test(
    "a part of the memo finds it, whatever its case, and nothing in it is a wildcard",
    arguments: [
      ("KAFFEE", ["m1"]), ("äpfel", ["m1"]), ("STRASSE", ["m2"]), ("σοφος", ["m3"]),
      ("100%", ["m4"]), ("%", ["m4"]), ("_", ["m5"]), ("⚡", ["m5"]), ("'", ["m6"]),
      ("nowhere", []),
    ])
  func memo(part: String, expected: [String]) throws {
    let memos = [
      "Kaffee und ÄPFEL", "Straße", "ΣΟΦΟΣ", "100% off", "a_b ⚡", "it's",
    ]
    for (index, memo) in memos.enumerated() {
      try publish(samplePayment("m\(index + 1)", memo: memo))
    }
    #expect(try ids(PaymentQuery(books: [alice, bob], memoContains: part)) == expected)
  }

  @Test("one payment is found by its book and id")
  func single() throws {
    try publish(samplePayment("a", memo: "mine"))
    try publish(samplePayment("a", memo: "his"), book: bob)
    #expect(try store.payment("a", in: [alice])?.payment.memo == "mine")
    #expect(try store.payment("a", in: [bob, alice])?.payment.memo == "his")
    #expect(try store.payment("b", in: [alice, bob]) == nil)
  }
}
