import HTTPServer

/// A parameter of a query that an endpoint knows.
struct QueryParameter: Sendable, Hashable {
  let name: String
  /// Given several times, all values are meant; any other parameter is given once.
  let isRepeatable: Bool

  static func once(_ name: String) -> Self { Self(name: name, isRepeatable: false) }
  static func repeatable(_ name: String) -> Self { Self(name: name, isRepeatable: true) }
}

extension Route {
  /// The names by which a stream's start is given, the first that has a value counts: ours,
  /// Mercure's, and two that EventSource polyfills use.
  static let streamStarts = ["since", "last_event_id", "lastEventId", "lastEventID"]

  private static let paymentFilters = ["status", "direction", "payment_hash", "q"]

  /// The parameters that it knows; nil where anything is passed over: the page's files read their
  /// own query, and whoever asks `/healthz`, `/readyz` or `/metrics` (scrapers, container probes)
  /// may add what it likes, for nothing of it could select anything.
  var parameters: [QueryParameter]? {
    switch self {
    case .balance, .payment: [.once("wallet")]
    case .payments, .paymentsCSV:
      (["wallet", "limit", "before"] + Self.paymentFilters).map(QueryParameter.once)
    case .history: ["wallet", "group", "since"].map(QueryParameter.once)
    case .reconnect, .pause, .resume: [.once("source")]
    case .events:
      [.repeatable("wallet"), .repeatable("types")]
        + (Self.streamStarts + ["access_token"]).map(QueryParameter.once)
    case .watches: [.once("mint")]
    case .balances, .status, .configuration, .watch, .session, .openAPI: []
    case .health, .readiness, .metrics, .file: nil
    }
  }

  /// The refusal of a query that says what the endpoint does not know: a misspelt `since` would
  /// lose a payment, a misspelt `wallet` show another wallet's number.
  func refusal(of query: HTTPQuery) -> HTTPResponse? {
    guard let parameters, !query.items.isEmpty else { return nil }
    var seen: Set<String> = []
    for item in query.items where !Self.isPassedOver(item.name) {
      guard let parameter = parameters.first(where: { $0.name == item.name }) else {
        return Self.unknown(item.name, among: parameters)
      }
      guard seen.insert(item.name).inserted || parameter.isRepeatable else {
        return .problem(
          400, "Bad Request", "The parameter \(item.name) is given twice; one value is allowed.")
      }
    }
    return nil
  }

  /// What pollers add so that no cache answers: `_=1700000000`, `nocache=1`, `cacheBuster=…`.
  private static func isPassedOver(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "_") || name.lowercased().contains("cache")
  }

  /// What of a name is repeated to the client, in bytes of its visible ASCII.
  private static let maximumShownBytes = 64

  private static func unknown(
    _ name: String, among parameters: [QueryParameter]
  ) -> HTTPResponse {
    let visible = name.unicodeScalars.prefix(maximumShownBytes)
      .map { (" "..."~").contains($0) ? Character($0) : "?" }
    let known = parameters.map(\.name).joined(separator: ", ")
    return .problem(
      400, "Bad Request",
      "The parameter \(String(visible)) is not known here; "
        + (known.isEmpty ? "there are none." : "there are: \(known)."))
  }
}
