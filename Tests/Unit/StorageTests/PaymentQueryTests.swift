import BridgeModel
import Storage
import StorageTesting
import Testing

@Suite("GET /api/v1/payments")
struct PaymentQueryTests {
  /// A store, and what the tests do with it.
  private struct Scene {
    let store: PromptStorage

    init(_ engine: Engine) throws {
      store = try engine.place().open()
    }

    func ids(_ query: PaymentQuery) throws -> [String] {
      try store.payments(query).payments.map(\.payment.paymentID)
    }

    func publish(_ payments: Payment..., book: BookIdentity = alice) throws {
      try store.append(sampleEntry(payments, book: sampleBook(book)))
    }
  }

  @Test(
    "newest first, in order of publication; history from before comes last, by time",
    arguments: Engine.allCases)
  func order(_ engine: Engine) throws {
    let scene = try Scene(engine)
    try scene.publish(samplePayment("a", at: 900))
    let old = [samplePayment("x", at: 5), samplePayment("y", at: 7), samplePayment("z", at: 6)]
    _ = try scene.store.append([importEntry(old, book: sampleBook(bob))])
    try scene.publish(samplePayment("b", at: 1))
    #expect(try scene.ids(PaymentQuery(books: [alice, bob])) == ["b", "a", "y", "z", "x"])
  }

  @Test(
    "a payment that changes status again moves to the front; one that is only noted stays",
    arguments: Engine.allCases)
  func moving(_ engine: Engine) throws {
    let scene = try Scene(engine)
    try scene.publish(samplePayment("out", .outgoing, .pending))
    try scene.publish(samplePayment("in"))
    #expect(try scene.ids(PaymentQuery(books: [alice, bob])) == ["in", "out"])
    try scene.publish(samplePayment("out", .outgoing, .settled))
    #expect(try scene.ids(PaymentQuery(books: [alice, bob])) == ["out", "in"])
    _ = try scene.store.append([importEntry([samplePayment("in", memo: "late memo")])])
    #expect(try scene.ids(PaymentQuery(books: [alice, bob])) == ["out", "in"])
    #expect(try scene.ids(PaymentQuery(books: [alice, bob], memoContains: "late")) == ["in"])
  }

  @Test(
    "pages join without a gap or a double, whatever is published meanwhile",
    arguments: Engine.allCases,
    [1, 3, 7])
  func cursors(_ engine: Engine, limit: Int) throws {
    let scene = try Scene(engine)
    let old = (0..<10).map { samplePayment("old\($0)", at: 50) }
    _ = try scene.store.append([importEntry(old)])
    for number in 0..<10 { try scene.publish(samplePayment("new\(number)")) }
    let all = try scene.ids(PaymentQuery(books: [alice, bob], limit: 1000))
    var collected: [String] = []
    var cursor: PaymentCursor?
    repeat {
      let page = try scene.store.payments(
        PaymentQuery(books: [alice, bob], before: cursor, limit: limit))
      collected += page.payments.map(\.payment.paymentID)
      // Through text, as a client hands it back.
      cursor = page.next.flatMap { PaymentCursor($0.description) }
      #expect((cursor == nil) == (page.next == nil))
      try scene.publish(samplePayment("meanwhile\(collected.count)"))
    } while cursor != nil
    #expect(all.count == 20)
    #expect(collected == all)
  }

  @Test("what is not a cursor is none", arguments: ["", ".", "1", "1.", "1.2.3", "x y", "é.1"])
  func badCursor(text: String) {
    #expect(PaymentCursor(text) == nil)
  }

  @Test(
    "filters by book, status, direction and hash, alone and together", arguments: Engine.allCases)
  func filters(_ engine: Engine) throws {
    let scene = try Scene(engine)
    try scene.publish(
      samplePayment("a", .outgoing, .pending), samplePayment("b", .outgoing, .failed))
    try scene.publish(samplePayment("c", hash: "h"), samplePayment("d", .outgoing, hash: "h"))
    try scene.publish(samplePayment("e", hash: "h"), samplePayment("h", hash: "h"), book: bob)
    let book = alice
    #expect(try scene.ids(PaymentQuery(books: [alice, bob], status: .pending)) == ["a"])
    #expect(try scene.ids(PaymentQuery(books: [alice, bob], status: .failed)) == ["b"])
    #expect(
      try scene.ids(PaymentQuery(books: [alice, bob], direction: .incoming)) == ["h", "e", "c"])
    // One of them has no other id than its hash, as most have at a real wallet.
    #expect(
      try scene.ids(PaymentQuery(books: [alice, bob], paymentHash: "h")) == ["h", "e", "d", "c"])
    #expect(try scene.ids(PaymentQuery(books: [alice, bob], paymentHash: "hash-a")) == ["a"])
    #expect(try scene.ids(PaymentQuery(books: [alice, bob], paymentHash: "a")) == [])
    #expect(try scene.ids(PaymentQuery(books: [book], paymentHash: "h")) == ["d", "c"])
    #expect(
      try scene.ids(PaymentQuery(books: [book], status: .settled, direction: .outgoing)) == ["d"])
    #expect(try scene.ids(PaymentQuery(books: [])) == [])
  }

  @Test(
    "a part of the memo finds it, whatever its case, and nothing in it is a wildcard",
    arguments: Engine.allCases,
    [
      ("KAFFEE", ["m1"]), ("äpfel", ["m1"]), ("STRASSE", ["m2"]), ("σοφος", ["m3"]),
      ("100%", ["m4"]), ("%", ["m4"]), ("_", ["m5"]), ("⚡", ["m5"]), ("'", ["m6"]),
      ("nowhere", []),
    ])
  func memo(_ engine: Engine, search: (part: String, expected: [String])) throws {
    let scene = try Scene(engine)
    let memos = [
      "Kaffee und ÄPFEL", "Straße", "ΣΟΦΟΣ", "100% off", "a_b ⚡", "it's",
    ]
    for (index, memo) in memos.enumerated() {
      try scene.publish(samplePayment("m\(index + 1)", memo: memo))
    }
    #expect(
      try scene.ids(PaymentQuery(books: [alice, bob], memoContains: search.part)) == search.expected
    )
  }

  @Test("one payment is found by its book and id", arguments: Engine.allCases)
  func single(_ engine: Engine) throws {
    let scene = try Scene(engine)
    try scene.publish(samplePayment("a", memo: "mine"))
    try scene.publish(samplePayment("a", memo: "his"), book: bob)
    #expect(try scene.store.payment("a", in: [alice])?.payment.memo == "mine")
    #expect(try scene.store.payment("a", in: [bob, alice])?.payment.memo == "his")
    #expect(try scene.store.payment("b", in: [alice, bob]) == nil)
  }
}
