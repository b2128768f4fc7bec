package import BridgeModel

/// LNbits' REST interface, as far as a bridge and its tests have to do with it.
extension SimulatedLNbits {
  /// Answers a request. Frames that it causes wait for ``takeDeliveries()``.
  package mutating func respond(
    to request: RESTRequest, now: Instant, using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    advance(to: now)
    if let limit = behaviour.requestsPerMinute,
      !rateLimit.admits(
        address: request.address, path: request.path, limit: limit, at: now.uptime)
    {
      return Self.rateLimited(limit)
    }
    if request.path.count > 1, request.path.hasSuffix("/") {
      var response = RESTResponse(status: 307, headers: [], body: [])
      response.headers.append(
        RESTResponse.Header(name: "location", value: String(request.path.dropLast())))
      return response
    }
    switch request.path {
    case "/api/v1/health": return health()
    case "/openapi.json": return openAPI()
    default:
      var response = route(request, using: &random)
      if let blockedUntil, blockedUntil > now.uptime {
        response.delay = blockedUntil - now.uptime
      }
      return response
    }
  }

  static func rateLimited(_ limit: Int) -> RESTResponse {
    RESTResponse(
      ["error": .string("Rate limit exceeded: \(limit) per 1 minute")], status: 429)
  }

  private mutating func route(
    _ request: RESTRequest, using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    let segments = request.segments
    if segments == ["users", "api", "v1", "balance"] {
      return changeBalance(request, using: &random)
    }
    guard segments.count >= 3, segments[0] == "api", segments[1] == "v1" else { return .notFound }
    let rest = Array(segments.dropFirst(3))
    switch segments[2] {
    case "wallet": return routeWallet(request, rest, using: &random)
    case "payments": return routePayments(request, rest, using: &random)
    case "ws": return routeInjection(request, rest)
    case "auth": return logIn(request, rest)
    default: return .notFound
    }
  }

  // MARK: Without a key

  /// `GET /api/v1/health`.
  private func health() -> RESTResponse {
    let seconds = max(.zero, clock.uptime - startedAt.uptime).components.seconds
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return RESTResponse([
      "server_time": .integer(clock.wall.milliseconds / 1000),
      "up_time": .string(
        "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"),
    ])
  }

  /// `GET /openapi.json`: the version is all that anyone wants of it.
  private func openAPI() -> RESTResponse {
    RESTResponse([
      "openapi": "3.1.0",
      "info": [
        "title": "LNbits API", "description": "An LNbits look-alike for demonstrations and tests.",
        "version": .string(behaviour.version),
      ],
      "paths": [:],
    ])
  }

  /// `POST /api/v1/ws/{item_id}?data=…` and `GET /api/v1/ws/{item_id}/{data}`: any text, to every
  /// listener of the item, no questions asked.
  private mutating func routeInjection(_ request: RESTRequest, _ rest: [String]) -> RESTResponse {
    switch (request.method, rest.count) {
    case ("POST", 1):
      guard let data = request.parameter("data") else {
        return RESTResponse(
          [
            "detail": [
              ["loc": ["query", "data"], "msg": "field required", "type": "value_error.missing"]
            ]
          ], status: 400)
      }
      return sent(data, to: rest[0])
    case ("GET", 2): return sent(rest[1], to: rest[0])
    case (_, 1): return .methodNotAllowed(allow: "POST")
    case (_, 2): return .methodNotAllowed(allow: "GET")
    default: return .notFound
    }
  }

  private mutating func sent(_ text: String, to itemID: String) -> RESTResponse {
    inject(text, to: itemID)
    return RESTResponse(["sent": true, "data": .string(text)])
  }

  // MARK: Keys

  enum KeyKind: Sendable {
    case invoice
    case admin
  }

  /// The wallet that the request's key opens; otherwise 401 or 404.
  func identify(_ request: RESTRequest) -> Result<(SimulatedWallet, KeyKind), RESTRefusal> {
    guard let key = request.apiKey else {
      return .failure(RESTRefusal(.failure(401, "No Api Key provided.")))
    }
    guard let wallet = ledger.wallet(key: key) else {
      return .failure(RESTRefusal(.failure(404, "Wallet not found.")))
    }
    return .success((wallet, wallet.adminKey == key ? .admin : .invoice))
  }
}

/// A response that ends the handling of a request early.
struct RESTRefusal: Error {
  let response: RESTResponse

  init(_ response: RESTResponse) {
    self.response = response
  }
}
