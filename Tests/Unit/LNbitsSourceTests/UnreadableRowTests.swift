import BridgeModel
import LNbitsSource
import Testing

/// One element of a list that cannot be read takes nothing with it but itself.
@Suite("An element of a list that cannot be read")
struct UnreadableRowTests {
  struct Oddity: Sendable, CustomTestStringConvertible {
    var what: String
    var json: String

    init(_ what: String, _ json: String) {
      self.what = what
      self.json = json
    }

    var testDescription: String { what }
  }

  /// Fields of a row that is all right, with others in their place.
  private static func row(_ fields: String) -> String {
    #"{"checking_id":"odd","payment_hash":"odd","wallet_id":"wallet-1",\#(fields)}"#
  }

  static let oddities: [Oddity] = [
    Oddity("a status of another release", row(#""amount":21000,"status":"expired""#)),
    Oddity(
      "the same beside the flag of an old one",
      row(#""amount":21000,"status":"expired","pending":false"#)),
    Oddity("no status", row(#""amount":21000"#)),
    Oddity("a status of another type", row(#""amount":21000,"status":1"#)),
    Oddity("no amount", row(#""status":"pending""#)),
    Oddity("half a millisatoshi", row(#""amount":0.5,"status":"pending""#)),
    Oddity("an amount as text", row(#""amount":"21000","status":"pending""#)),
    Oddity("more than Int64 holds", row(#""amount":99999999999999999999,"status":"pending""#)),
    Oddity("more than all the money", row(#""amount":2100000000000000001,"status":"success""#)),
    Oddity("a fee as text", row(#""amount":1,"fee":"0","status":"pending""#)),
    Oddity("a fee of a fraction", row(#""amount":1,"fee":-1.5,"status":"pending""#)),
    Oddity("a time that is none", row(#""amount":1,"status":"pending","time":"yesterday""#)),
    Oddity(
      "a day that is none", row(#""amount":1,"status":"pending","time":"2026-02-30T00:00:00Z""#)),
    Oddity("an update that is none", row(#""amount":1,"status":"pending","updated_at":{}"#)),
    Oddity("a time beyond all years", row(#""amount":1,"status":"pending","time":1e300"#)),
    Oddity("no hash", #"{"checking_id":"odd","amount":1,"status":"pending"}"#),
    Oddity("a hash of another type", #"{"payment_hash":7,"amount":1,"status":"pending"}"#),
    Oddity(
      "an id of another type",
      #"{"payment_hash":"odd","checking_id":[],"amount":1,"status":"pending"}"#),
    Oddity(
      "an id of a kilobyte",
      #"{"payment_hash":"odd","checking_id":"\#(String(repeating: "a", count: 1000))","amount":1,"#
        + #""status":"pending"}"#),
    Oddity(
      "a wallet's id of a kilobyte",
      #"{"payment_hash":"odd","wallet_id":"\#(String(repeating: "a", count: 1000))","amount":1,"#
        + #""status":"pending"}"#),
    Oddity("nothing", "null"), Oddity("a number", "7"), Oddity("a text", #""payment""#),
    Oddity("a list", "[[]]"), Oddity("an empty object", "{}"),
  ]

  private static func named(_ world: World) -> Bool {
    world.status.lastError?.contains("cannot be read") == true
  }

  @Test("holds up neither the connection nor the first balance", arguments: oddities)
  func first(oddity: Oddity) {
    var world = World()
    world.add("before", 1000)
    world.add("odd", 0) { $0.raw = oddity.json }
    world.add("after", 2000)
    world.feed(.start)
    world.run(.seconds(3))
    #expect(world.status.state == .connected && world.status.books == .balanced)
    #expect(world.told == [.balance(3000, 0, .initial)])
    #expect(world.store.books.first?.payments.keys.sorted() == ["after", "before"])
    #expect(world.status.rowsSkipped == 1 && Self.named(world))
  }

  @Test("hides no later payment, and is counted once", arguments: oddities)
  func later(oddity: Oddity) {
    var world = World.connected()
    world.add("odd", 0) { $0.raw = oddity.json }
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(1))
    world.add("b", -2000, fee: -10)
    world.run(.seconds(61))
    #expect(
      world.told == [
        .payment("a", .settled), .balance(100_001_000, 1000, .payment), .payment("b", .settled),
        .balance(99_998_990, -2010, .payment),
      ])
    world.run(.seconds(600))
    #expect(world.status.state == .connected && world.status.books == .balanced)
    #expect(world.status.rowsSkipped == 1 && Self.named(world))
    #expect(world.log.count { $0.level == .warning } == 1, "a line for it, not for each round")
  }

  @Test("is named by its id and by what is wrong, and by nothing else")
  func name() {
    var world = World.connected()
    let secret = String(repeating: "5e", count: 32)
    world.add("odd", 0) {
      $0.raw = Self.row(#""amount":1,"status":"\#(secret)","preimage":"\#(secret)""#)
    }
    world.run(.seconds(61))
    #expect(
      world.status.lastError
        == "payment odd cannot be read and is passed over: its status is not known")
    world.lnbits.rows = []
    world.add("old", 0) { $0.raw = Self.row(#""amount":1,"status":"expired""#) }
    world.restart()
    world.feed(.start)
    world.run(.seconds(3))
    #expect(
      world.status.lastError
        == "payment odd cannot be read and is passed over: its status is \"expired\"")
  }

  @Test("is a payment like any other once it can be read")
  func repaired() {
    var world = World.connected()
    world.add("a", 5000) { $0.raw = Self.row(#""amount":5000,"status":"settling""#) }
    world.lnbits.unlisted -= 5000
    world.run(.seconds(61))
    #expect(world.told == [] && Self.named(world))
    world.lnbits.unlisted += 5000
    world.update("a") {
      $0.id = "odd"
      $0.hash = "odd"
      $0.raw = nil
    }
    world.run(.seconds(61))
    #expect(world.told == [.payment("odd", .settled), .balance(100_005_000, 5000, .payment)])
    #expect(world.status.rowsSkipped == 1 && world.status.lastError == nil)
  }

  @Test("is noticed by the books where it moved the balance")
  func noticed() {
    var world = World.connected()
    world.add("odd", 5000) { $0.raw = Self.row(#""amount":5000,"status":"credited""#) }
    world.run(.seconds(90))
    #expect(world.told == [.balance(100_005_000, 5000, .correction)])
    #expect(world.status.corrections == Millisatoshi(5000) && world.status.rowsSkipped == 1)
  }

  @Test("fills a page like any other: what stands behind it is read")
  func pages() {
    var world = World()
    for number in 0..<2500 {
      world.add("p\(number)", 1000) {
        $0.updated = $0.updated - .seconds(number)
        if number % 2 == 0 {
          $0.raw = #"{"payment_hash":"odd \#(number)","amount":0,"status":"expired"}"#
        }
      }
    }
    world.lnbits.unlisted = -1_250_000
    world.feed(.start)
    world.run(.seconds(5))
    #expect(world.told == [.balance(1_250_000, 0, .initial)])
    #expect(world.store.books.first?.payments.count == 1250)
    #expect(world.status.rowsSkipped == 1250)
    world.forget()
    for number in 0..<60 {
      world.add("odd", 0) { $0.raw = #"{"payment_hash":"new \#(number)","amount":0}"# }
    }
    world.add("last", 700) { $0.updated = $0.updated - .milliseconds(1) }
    world.announce("last")
    world.run(.seconds(1))
    #expect(world.told == [.payment("last", .settled), .balance(1_250_700, 700, .payment)])
    #expect(world.status.rowsSkipped == 1310)
  }

  @Test("is counted up to a limit")
  func limit() {
    var world = World()
    for number in 0..<10_100 {
      world.add("p", 0) {
        $0.updated = $0.updated - .milliseconds(number)
        $0.raw = #"{"payment_hash":"odd \#(number)"}"#
      }
    }
    world.feed(.start)
    world.run(.seconds(5))
    #expect(world.status.rowsSkipped == 10_000 && world.status.state == .connected)
  }

  @Test("keeps a pending payment that it may be")
  func pending() {
    var world = World.connected()
    world.add("odd", -5000, fee: -2000, status: "pending")
    world.announce("odd")
    world.run(.seconds(1))
    world.update("odd") { $0.raw = Self.row(#""amount":-5000,"fee":-2000,"status":"unsure""#) }
    world.run(.seconds(600))
    #expect(world.payments.map(\.status) == [.pending])
    #expect(world.source.wallet?.pendingOutgoing == Millisatoshi(7000))
    #expect(world.status.state == .connected && world.status.rowsSkipped == 1)
  }
}
