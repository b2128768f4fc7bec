import BridgeModel
import LNbitsSimulator

/// An LNbits with two wallets, a clock that moves when told to, and a seeded generator.
struct Laboratory {
  var lnbits: SimulatedLNbits
  var random = SeededRandom(seed: 1)
  private(set) var now: Instant
  private(set) var alice: SimulatedWallet
  private(set) var bob: SimulatedWallet

  /// - Parameter satoshi: What alice has at the start, credited.
  init(_ behaviour: Behaviour = .v1_6_2, satoshi: Int64 = 1_000) throws {
    now = Instant(
      uptime: .seconds(100), wall: Timestamp(milliseconds: 1_795_225_119_805))
    lnbits = SimulatedLNbits(behaviour: behaviour, adminToken: "token", now: now)
    alice = lnbits.createWallet(named: "alice", now: now, using: &random)
    bob = lnbits.createWallet(named: "bob", now: now, using: &random)
    if satoshi > 0 {
      _ = try lnbits.credit(wallet: alice.id, satoshi: satoshi, now: now, using: &random)
    }
    _ = lnbits.takeDeliveries()
  }

  mutating func wait(_ duration: Duration) {
    now = Instant(uptime: now.uptime + duration, wall: now.wall + duration)
    lnbits.advance(to: now)
  }

  mutating func invoice(
    _ satoshi: Int64, for wallet: SimulatedWallet, memo: String = "coffee ☕",
    extra: JSONValue = [:]
  ) throws -> PaymentRow {
    try lnbits.createInvoice(
      wallet: wallet.id, satoshi: satoshi, memo: memo, extra: extra, now: now, using: &random)
  }

  mutating func payOutside(
    _ millisatoshi: Int64, _ outcome: ExternalOutcome
  ) throws -> PaymentRow {
    try lnbits.payOutside(
      wallet: alice.id, amount: Millisatoshi(millisatoshi), memo: "supplier", outcome: outcome,
      now: now, using: &random)
  }

  func balance(_ wallet: SimulatedWallet) -> Int64 {
    lnbits.ledger.balance(ofWallet: wallet.id).value
  }

  /// The frames since the last call that a listener of the wallet's invoice key got.
  mutating func frames(to wallet: SimulatedWallet) -> [JSONValue] {
    let deliveries = lnbits.takeDeliveries()
    return deliveries.filter { $0.itemID == wallet.invoiceKey }
      .compactMap { JSONValue(parsing: $0.text.utf8) }
  }

  // MARK: REST

  mutating func request(
    _ method: String, _ target: String, headers: [String: String] = [:], body: JSONValue? = nil
  ) -> RESTResponse {
    lnbits.respond(
      to: RESTRequest(
        method: method, target: target, headers: headers,
        body: body.map { Array($0.text().utf8) } ?? []), now: now, using: &random)
  }

  /// A GET with alice's invoice key, and its answer as JSON.
  mutating func get(_ target: String) -> JSONValue {
    let response = request("GET", target, headers: ["x-api-key": alice.invoiceKey])
    return JSONValue(parsing: response.body) ?? nil
  }

  /// How many rows a list has, without the time that reading them takes.
  mutating func count(_ target: String) -> Int {
    let response = request("GET", target, headers: ["x-api-key": alice.invoiceKey])
    return String(decoding: response.body, as: UTF8.self).ranges(of: "\"checking_id\":").count
  }

  /// The checking ids of a list.
  mutating func list(_ target: String) -> [String] {
    get(target).elements.compactMap { $0["checking_id"]?.stringValue }
  }
}

extension JSONValue {
  var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  var memberNames: [String] {
    if case .object(let members) = self { members.map(\.name) } else { [] }
  }

  /// `wallet_balance` of a frame, in satoshi.
  var frameBalance: Int64? { self["wallet_balance"]?.integerValue }
  /// `payment.amount` of a frame, in millisatoshi.
  var frameAmount: Int64? { self["payment"]?["amount"]?.integerValue }
}
