import BridgeModel

/// LNbits' side of a test: a table of payments, a balance, and what is wrong with the server.
struct LNbitsStub {
  enum Route: Hashable {
    case version
    case payments
    case wallet
  }

  enum Answer {
    case response(UpstreamResponse)
    case failure(UpstreamFailure)
    /// None, until it is cancelled.
    case silence
  }

  var rows: [WalletRow] = []
  /// What no listed payment explains, such as a deleted history.
  var unlisted: Int64 = 0
  var version: String? = "1.6.2"
  var name = "alice"
  /// What a route answers instead of what it should.
  var faults: [Route: Answer] = [:]
  /// Larger responses are over the client's limit.
  var maximumBodyBytes = Int.max
  /// Sorting by the update is an error, as before 1.4.
  var refusesSorting = false
  /// Filters are ignored, as before 1.0.
  var ignoresFilters = false
  /// Asking by hash is an error, as on 0.12.12.
  var refusesHashes = false

  /// Of a hostile server only the end has to fit.
  var balance: Int64 { rows.reduce(unlisted) { $0 &+ $1.effect } }

  static func json(_ status: Int, _ body: String) -> Answer {
    .response(
      UpstreamResponse(status: status, contentType: "application/json", body: Array(body.utf8)))
  }

  static func html(_ status: Int) -> Answer {
    .response(
      UpstreamResponse(
        status: status, contentType: "text/html", body: Array("<html>oops</html>".utf8)))
  }

  static func failure(_ kind: UpstreamFailure.Kind) -> Answer {
    .failure(UpstreamFailure(kind, "\(kind)"))
  }

  static func route(_ request: UpstreamRequest) -> Route? {
    switch request.path {
    case "/openapi.json": .version
    case "/api/v1/payments/paginated": .payments
    case "/api/v1/wallet": .wallet
    default: nil
    }
  }

  func answer(_ request: UpstreamRequest) -> Answer {
    guard let route = Self.route(request), request.method == "GET",
      request.keyHeader == (route == .version ? nil : "X-Api-Key")
    else { return Self.json(404, #"{"detail":"Not Found"}"#) }
    if let fault = faults[route] { return fault }
    switch route {
    case .version:
      guard let version else { return Self.html(404) }
      return limited(#"{"openapi":"3.1.0","info":{"title":"LNbits","version":"\#(version)"}}"#)
    case .wallet:
      return limited(#"{"name":"\#(name)","balance":\#(balance)}"#)
    case .payments:
      return list(Self.parameters(request.query))
    }
  }

  private func list(_ parameters: [String: String]) -> Answer {
    if refusesSorting, parameters["sortby"] == "updated_at" {
      return Self.json(400, #"{"detail":"1 validation error for Filters: Invalid sort field"}"#)
    }
    if refusesHashes, parameters["payment_hash[in]"] != nil {
      return Self.json(500, #"{"detail":"no such column: payment_hash"}"#)
    }
    var listed = rows
    if let hashes = parameters["payment_hash[in]"], !ignoresFilters {
      let wanted = hashes.split(separator: ",").map(String.init)
      listed = listed.filter { wanted.contains($0.hash) }
    }
    switch parameters["sortby"] {
    case "updated_at": listed = Self.newestFirst(listed, by: \.updated)
    case "time": listed = Self.newestFirst(listed, by: \.time)
    default: break
    }
    let limit = min(1000, parameters["limit"].flatMap { Int($0) } ?? 10)
    let offset = parameters["offset"].flatMap { Int($0) } ?? 0
    let page = listed.dropFirst(offset).prefix(limit).map(\.json).joined(separator: ",")
    return limited(#"{"data":[\#(page)],"total":\#(listed.count)}"#)
  }

  /// Ties in the order of the table, as SQLite lists them.
  private static func newestFirst(
    _ rows: [WalletRow], by key: KeyPath<WalletRow, Timestamp>
  ) -> [WalletRow] {
    rows.enumerated().sorted { left, right in
      let (leftTime, rightTime) = (left.element[keyPath: key], right.element[keyPath: key])
      return leftTime == rightTime ? left.offset < right.offset : leftTime > rightTime
    }.map(\.element)
  }

  private static func parameters(_ query: String) -> [String: String] {
    let pairs = query.split(separator: "&").map {
      $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    }
    return Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { first, _ in first }
  }

  private func limited(_ body: String) -> Answer {
    body.utf8.count > maximumBodyBytes
      ? Self.failure(.protocolError) : Self.json(200, body)
  }
}
