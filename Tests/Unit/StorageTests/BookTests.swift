import BridgeModel
import Storage
import StorageTesting
import Testing

/// See the rules at ``BookTable``.
@Suite("Books")
struct BookTests {
  private func identity(_ key: String, _ wallet: String? = nil, origin: String = "o")
    -> BookIdentity
  {
    BookIdentity(origin: origin, keyFingerprint: key, walletID: wallet)
  }

  private func write(_ store: PromptStorage, _ identity: BookIdentity, _ payments: String...) throws
  {
    let payments = payments.map { samplePayment($0) }
    _ = try store.append([importEntry(payments, book: sampleBook(identity))])
  }

  private func payments(_ store: PromptStorage, _ identity: BookIdentity) throws -> Set<String>? {
    try store.book(for: identity).map { Set($0.payments.map(\.paymentID)) }
  }

  @Test("a book known by its key alone learns its wallet id", arguments: Engine.allCases)
  func learnsItsWallet(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("k"))
    try write(store, identity("k", "w"), "p")
    #expect(try payments(store, identity("k")) == ["p"])
    #expect(try payments(store, identity("another key", "w")) == ["p"])
    #expect(try store.book(for: identity("k"))?.record.identity.walletID == "w")
  }

  @Test("a rotated key leads to the same book, and so does the old one", arguments: Engine.allCases)
  func rotatedKey(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("old", "w"), "p")
    try write(store, identity("new", "w"), "q")
    #expect(try payments(store, identity("new")) == ["p", "q"])
    #expect(try payments(store, identity("old")) == ["p", "q"])
  }

  @Test(
    "a wallet id that has a book wins over the provisional book of a key, which goes",
    arguments: Engine.allCases)
  func walletWins(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("old", "w"), "p")
    try write(store, identity("new"))
    #expect(try payments(store, identity("new")) == [])
    try write(store, identity("new", "w"), "q")
    #expect(try payments(store, identity("new")) == ["p", "q"])
    // Only one is left, under either key.
    #expect(try payments(store, identity("old")) == ["p", "q"])
  }

  @Test("a key that now belongs to another wallet begins another book", arguments: Engine.allCases)
  func keyOfAnotherWallet(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("k", "w1"), "p")
    #expect(try payments(store, identity("k", "w2")) == nil)
    try write(store, identity("k", "w2"), "q")
    #expect(try payments(store, identity("k")) == ["q"])
    #expect(try payments(store, identity("x", "w1")) == ["p"])
  }

  @Test("the same key or wallet id at another origin is a stranger", arguments: Engine.allCases)
  func originsAreApart(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("k", "w"), "p")
    #expect(try payments(store, identity("k", "w", origin: "other")) == nil)
    #expect(try payments(store, identity("k", origin: "other")) == nil)
  }

  @Test("the same payment id in two books is two payments", arguments: Engine.allCases)
  func bothLegs(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("k1", "w1"), "p")
    try write(store, identity("k2", "w2"), "p")
    #expect(try payments(store, identity("k1")) == ["p"])
    #expect(try payments(store, identity("k2")) == ["p"])
  }

  @Test("links survive a restart", arguments: Engine.allCases)
  func restart(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    try write(store, identity("a", "w"), "p")
    try write(store, identity("b", "w"))
    store.close()
    let reopened = try place.open()
    #expect(try payments(reopened, identity("a")) == ["p"])
    #expect(try payments(reopened, identity("b")) == ["p"])
  }

  @Test(
    "the time of the last correction is kept, whatever the balance did since",
    arguments: Engine.allCases)
  func lastCorrection(_ engine: Engine) throws {
    let place = engine.place()
    let store = try place.open()
    var record = sampleBook(identity("k", "w"))
    func write() throws { _ = try store.append([importEntry([], book: record)]) }
    func read() throws -> BookRecord? { try store.book(for: identity("k", "w"))?.record }
    try write()
    #expect(try read()?.lastCorrectionAt == nil)
    for (change, at) in [(5000, 70_000), (-5000, 80_000), (0, nil)] as [(Int64, Int64?)] {
      record.unexplained += Millisatoshi(change)
      record.lastCorrectionAt = at.map(time) ?? record.lastCorrectionAt
      record.effects += Millisatoshi(1)
      try write()
      #expect(try read() == record)
    }
    #expect(try read()?.lastCorrectionAt == time(80_000))
  }
}
