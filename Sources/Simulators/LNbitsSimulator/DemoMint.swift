package import BridgeModel

/// The Cashu mint of the demonstration, beside the LNbits: mint quotes that are paid and issued
/// after a while, over NUT-17 and over HTTP. As much of a mint as following a quote needs; no token
/// is ever made.
///
/// A value as the LNbits is: call ``advance(to:)`` when ``nextDue`` has come.
package struct DemoMint: Sendable {
  struct Quote: Sendable {
    var id: String
    /// In sat.
    var amount: Int64
    var state = WatchState.unpaid
    var paidAt: Duration
    var issuedAt: Duration
  }

  /// Old quotes make room for new ones.
  private static let maximumQuotes = 100
  private static let payment = 4_000...12_000
  private static let issue = 2_000...6_000

  private var quotes: [Quote] = []
  /// The quotes that each subId of each connection follows.
  private var subscriptions: [String: [String: [String]]] = [:]
  private var connections = 0
  private var deliveries: [SimulatedLNbits.Delivery] = []

  package init() {}

  // MARK: Quotes

  /// Somebody wants tokens.
  ///
  /// - Returns: The quote's id.
  package mutating func openQuote(
    now: Instant, using random: inout some RandomNumberGenerator
  ) -> String {
    if quotes.count >= Self.maximumQuotes { quotes.removeFirst() }
    let paidAt = now.uptime + .milliseconds(Int.random(in: Self.payment, using: &random))
    let quote = Quote(
      id: random.hexadecimal(bytes: 16),
      amount: 1 << Int64.random(in: 4...13, using: &random), paidAt: paidAt,
      issuedAt: paidAt + .milliseconds(Int.random(in: Self.issue, using: &random)))
    quotes.append(quote)
    return quote.id
  }

  /// When ``advance(to:)`` has something to do.
  package var nextDue: Duration? {
    quotes.compactMap { quote in
      switch quote.state {
      case .unpaid: quote.paidAt
      case .paid: quote.issuedAt
      default: nil
      }
    }.min()
  }

  package mutating func advance(to now: Instant) {
    for index in quotes.indices {
      if quotes[index].state == .unpaid, quotes[index].paidAt <= now.uptime {
        quotes[index].state = .paid
        notify(quotes[index])
      }
      if quotes[index].state == .paid, quotes[index].issuedAt <= now.uptime {
        quotes[index].state = .issued
        notify(quotes[index])
      }
    }
  }

  // MARK: HTTP

  func respond(to request: RESTRequest) -> RESTResponse {
    let segments = request.segments
    if segments == ["v1", "info"] { return RESTResponse(Self.info) }
    if segments.count == 5, segments.starts(with: ["v1", "mint", "quote", "bolt11"]) {
      guard let quote = quotes.first(where: { $0.id == segments[4] }) else {
        return RESTResponse(["detail": "quote not found", "code": 20_000], status: 400)
      }
      return RESTResponse(Self.json(quote))
    }
    return .notFound
  }

  private static let info: JSONValue = [
    "name": "Demonstration mint", "version": "Nutshell/0.21.0",
    "nuts": [
      "4": [
        "methods": [["method": "bolt11", "unit": "sat"] as JSONValue], "disabled": false,
      ],
      "17": [
        "supported": [
          ["method": "bolt11", "unit": "sat", "commands": ["bolt11_mint_quote"]] as JSONValue
        ]
      ],
    ],
  ]

  private static func json(_ quote: Quote) -> JSONValue {
    [
      "quote": .string(quote.id), "request": "", "amount": .integer(quote.amount), "unit": "sat",
      "state": .string(quote.state.rawValue), "expiry": nil,
    ]
  }

  // MARK: NUT-17

  /// Somebody opened a socket.
  ///
  /// - Returns: The item under which its frames are delivered.
  mutating func connect() -> String {
    connections += 1
    let item = "mint socket \(connections)"
    subscriptions[item] = [:]
    return item
  }

  /// Forgets whoever is gone.
  mutating func keepConnections(_ isOpen: (String) -> Bool) {
    subscriptions = subscriptions.filter { isOpen($0.key) }
  }

  mutating func receive(_ text: String, from item: String) {
    guard subscriptions[item] != nil, let request = JSONValue(parsing: text.utf8),
      let id = request["id"], let params = request["params"],
      let subID = params["subId"]?.stringValue
    else { return deliver(Self.failure(id: 0, code: -32_700, "Parse error"), to: item) }
    guard request["method"]?.stringValue == "subscribe" else {
      guard subscriptions[item]?.removeValue(forKey: subID) != nil else {
        return deliver(Self.failure(id: id, code: -32_603, "Subscription not found"), to: item)
      }
      return deliver(Self.result(id: id, subID), to: item)
    }
    var filters: [String] = []
    if case .array(let values) = params["filters"] { filters = values.compactMap(\.stringValue) }
    subscriptions[item]?[subID] = filters
    deliver(Self.result(id: id, subID), to: item)
    // The mint answers with the present state first.
    for quote in quotes where filters.contains(quote.id) {
      deliver(Self.notification(quote, subID), to: item)
    }
  }

  mutating func takeDeliveries() -> [SimulatedLNbits.Delivery] {
    defer { deliveries = [] }
    return deliveries
  }

  private mutating func notify(_ quote: Quote) {
    for (item, subscriptions) in subscriptions {
      for (subID, filters) in subscriptions where filters.contains(quote.id) {
        deliver(Self.notification(quote, subID), to: item)
      }
    }
  }

  private mutating func deliver(_ message: JSONValue, to item: String) {
    deliveries.append(SimulatedLNbits.Delivery(itemID: item, text: message.text()))
  }

  private static func notification(_ quote: Quote, _ subID: String) -> JSONValue {
    [
      "jsonrpc": "2.0", "method": "subscribe",
      "params": ["subId": .string(subID), "payload": json(quote)],
    ]
  }

  private static func result(id: JSONValue, _ subID: String) -> JSONValue {
    ["jsonrpc": "2.0", "result": ["status": "OK", "subId": .string(subID)], "id": id]
  }

  private static func failure(id: JSONValue, code: Int64, _ message: String) -> JSONValue {
    [
      "jsonrpc": "2.0", "error": ["code": .integer(code), "message": .string(message)], "id": id,
    ]
  }
}
