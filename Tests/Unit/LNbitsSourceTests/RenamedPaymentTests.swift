import BridgeModel
import Testing

@testable import LNbitsSource

/// LNbits names an outgoing payment by its hash while it is under way, and by the node's own id
/// afterwards.
@Suite("A payment that LNbits renames")
struct RenamedPaymentTests {
  private static let time = Timestamp(milliseconds: 1_700_000_000_000)

  private static func row(
    _ id: String, hash: String = "hash", _ status: Payment.Status, fee: Int64
  ) -> PaymentRow {
    PaymentRow(
      checkingID: id, paymentHash: hash, walletID: "w", amount: Millisatoshi(-15_000),
      fee: Millisatoshi(fee), status: status, memo: "", extra: PaymentExtra(), createdAt: time,
      updatedAt: time, hasExpiry: true)
  }

  private static func sighting() -> Book.Sighting {
    Book.Sighting(
      at: time, socketOpenedAt: nil, updateMeansSettlement: true, isAnnounced: false)
  }

  /// A book in which `hash` is pending, with 2000 msat set aside.
  private static func book() throws -> Book {
    let record = BookRecord(
      identity: BookIdentity(origin: "o", keyFingerprint: "k"), opening: Millisatoshi(100_000),
      effects: .zero, unexplained: .zero,
      balance: Balance(amount: Millisatoshi(100_000), confirmedAt: time, changedAt: time),
      importedAt: time)
    var book = Book(record)
    let change = try #require(
      book.change(for: row("hash", .pending, fee: 2000), seen: sighting()))
    var draft = book.draft
    #expect(book.add(change, to: &draft))
    book.apply(Commit(book: draft.record, payments: [change.payment]))
    return book
  }

  private static func effect(of change: Book.Change, in book: Book) throws -> Millisatoshi {
    var draft = book.draft
    try #require(book.add(change, to: &draft))
    return draft.record.effects - book.record.effects
  }

  @Test(
    "its end is told once, under the new id, and the balance moves by the difference",
    arguments: [(Payment.Status.settled, 5, 1995), (.failed, 2000, 17_000)]
      as [(
        Payment.Status, Int64, Int64
      )])
  func ends(status: Payment.Status, fee: Int64, effect: Int64) throws {
    var book = try Self.book()
    let row = Self.row("node-77", status, fee: fee)
    let change = try #require(book.change(for: row, seen: Self.sighting()))
    #expect(change.isNews)
    #expect(change.supersedes == "hash")
    #expect(try Self.effect(of: change, in: book) == Millisatoshi(effect))

    book.apply(
      Commit(book: book.record, payments: [change.payment], superseded: ["hash"]))
    #expect(book.pendingOutgoing == .zero)
    #expect(book.status(of: "hash") == nil)
    #expect(book.change(for: row, seen: Self.sighting()) == nil)
  }

  @Test("renamed between two pages, it stands in both, and counts once")
  func inBothPages() {
    let received = PaymentRow(
      checkingID: "hash", paymentHash: "hash", walletID: "w", amount: Millisatoshi(15_000),
      fee: .zero, status: .settled, memo: "", extra: PaymentExtra(), createdAt: Self.time,
      updatedAt: Self.time, hasExpiry: true)
    let rows = [
      Self.row("hash", .pending, fee: 2000), Self.row("other", hash: "other", .pending, fee: 1),
      Self.row("node-77", .settled, fee: 5), received,
    ]
    #expect(
      Book.withoutFormerIDs(rows).map(\.checkingID) == ["other", "node-77", "hash"])
  }

  @Test("once it has settled, a stale answer under its former id is no payment")
  func stale() throws {
    var book = try Self.book()
    let row = Self.row("node-77", .settled, fee: 5)
    let change = try #require(book.change(for: row, seen: Self.sighting()))
    book.apply(
      Commit(book: book.record, payments: [change.payment], superseded: ["hash"]))
    let stale = Self.row("hash", .pending, fee: 2000)
    #expect(book.change(for: stale, seen: Self.sighting()) == nil)
  }

  @Test("that it is still pending is no news, and moves nothing")
  func stillPending() throws {
    let book = try Self.book()
    let change = try #require(
      book.change(for: Self.row("node-77", .pending, fee: 2000), seen: Self.sighting()))
    #expect(!change.isNews)
    #expect(try Self.effect(of: change, in: book) == .zero)
  }

  @Test("another hash is another payment")
  func another() throws {
    let book = try Self.book()
    let row = Self.row("node-77", hash: "other", .settled, fee: 5)
    let change = try #require(book.change(for: row, seen: Self.sighting()))
    #expect(change.isNews)
    #expect(change.supersedes == nil)
  }
}
