import Glibc
import HTTPServer

/// Who may ask what: the contract's section on access, as a function of the request.
struct AccessPolicy: Sendable {
  /// Further Host names to answer to, lower case.
  let allowedHosts: Set<String>
  /// Origins that may read from a browser, as browsers spell them.
  let allowedOrigins: Set<String>
  /// Required everywhere once there is one.
  let token: AccessToken?
  /// `?access_token=` is accepted on the event stream.
  let allowsQueryToken: Bool
  /// What the configuration listens on, lower case, without brackets.
  let listenHost: String
  /// Others than this machine can reach the listener.
  let listensBeyondLoopback: Bool

  init(_ settings: ServerSettings) {
    allowedHosts = Set(settings.allowedHosts)
    allowedOrigins = Set(settings.allowedOrigins)
    token = settings.accessToken.map { AccessToken($0) }
    allowsQueryToken = settings.allowsQueryToken
    listenHost = settings.listen.host
    listensBeyondLoopback = !settings.listen.isLoopback
  }

  // MARK: Place

  /// The refusal of a request for where it came from or went to, before it is routed.
  func refusalOfPlace(_ request: HTTPRequest) -> HTTPResponse? {
    hostRefusal(request) ?? proxyRefusal(request)
  }

  /// DNS rebinding: a page on another name must not reach a local server by making its name point here.
  private func hostRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard let authority = request.host, let host = HostAndPort(authority)?.host else {
      return .problem(400, "Bad Request", "A request needs one valid Host field.")
    }
    let local = request.localAddress
    let address = ListenAddress(host: host, port: 0)
    guard
      address.isLoopback || host == listenHost || host == local.host || allowedHosts.contains(host)
        // Rebinding needs a name, so beyond loopback an address is as good as our own.
        || (listensBeyondLoopback && Self.isAddress(host))
    else {
      return .problem(
        421, "Misdirected Request",
        "This server does not answer to that Host. Add the name to allowed_hosts under [server].")
    }
    return nil
  }

  private static func isAddress(_ host: String) -> Bool {
    IPAddress.bytes(of: host, family: AF_INET, count: 4) != nil
      || IPAddress.bytes(of: host, family: AF_INET6, count: 16) != nil
  }

  /// Behind a proxy every request comes from loopback; without a token that would open the wallet to the world.
  private func proxyRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard token == nil else { return nil }
    let isForwarded = request.headers.fields.contains { field in
      let name = field.name.lowercased()
      return name == "forwarded" || name.hasPrefix("x-forwarded-")
    }
    guard isForwarded else { return nil }
    return .problem(
      403, "Forbidden",
      "This came through a proxy, and no token is set. Set access_token_file under [server].")
  }

  // MARK: Person

  /// The refusal of a request for who sent it, or on whose behalf.
  ///
  /// - Parameter isSession: whether a cookie's value is that of an open session.
  func refusalOfPerson(
    _ request: HTTPRequest, _ route: Route, isSession: (String) -> Bool
  ) -> HTTPResponse? {
    originRefusal(request) ?? typeRefusal(request)
      ?? tokenRefusal(request, route, isSession: isSession)
  }

  private static func isSafe(_ method: String) -> Bool { method == "GET" || method == "HEAD" }

  private func originRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard !Self.isSafe(request.method) else { return nil }
    let origins = request.headers.values(for: "Origin")
    let isListed = !origins.isEmpty && origins.allSatisfy(allowedOrigins.contains)
    if !isListed, !origins.allSatisfy({ isOwn($0, request) }) {
      return .problem(
        403, "Forbidden", "That Origin may not change anything. List it in allowed_origins.")
    }
    let sites = request.headers.values(for: "Sec-Fetch-Site")
    if !isListed, sites.contains(where: { $0 == "cross-site" || $0 == "same-site" }) {
      return .problem(403, "Forbidden", "Another site may not change anything here.")
    }
    return nil
  }

  private func isOwn(_ origin: String, _ request: HTTPRequest) -> Bool {
    guard let host = request.host?.lowercased() else { return false }
    return origin == "http://\(host)" || origin == "https://\(host)"
  }

  /// A form of another site can send anything but this type. A browser asks before it sends a DELETE, so that one
  /// may come without.
  private func typeRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard !Self.isSafe(request.method) else { return nil }
    let fields = request.headers.values(for: "Content-Type")
    if fields.isEmpty, request.method == "DELETE" { return nil }
    let type = fields.first?.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
    guard fields.count != 1 || type?.lowercased() != "application/json" else { return nil }
    return .problem(
      415, "Unsupported Media Type",
      "Send Content-Type: application/json, an empty body too: "
        + "curl -X \(request.method) -H 'Content-Type: application/json' URL")
  }

  private func tokenRefusal(
    _ request: HTTPRequest, _ route: Route, isSession: (String) -> Bool
  ) -> HTTPResponse? {
    guard let token, route.needsToken(method: request.method) else { return nil }
    // A proxy's own Authorization must not stand in the way of the cookie.
    if let bearer = AccessToken.bearer(of: request), token.matches(bearer) { return nil }
    if SessionCookie.values(in: request).contains(where: isSession) { return nil }
    if allowsQueryToken, route == .events, let given = request.query["access_token"],
      token.matches(given)
    {
      return nil
    }
    return .unauthorized("Send the access token: Authorization: Bearer TOKEN")
  }

  // MARK: CORS

  /// The CORS fields for a listed origin. Where origins are listed, what they get is told apart from what others
  /// get, so that no cache gives one to the other.
  func corsHeaders(for request: HTTPRequest) -> HTTPHeaders {
    guard !allowedOrigins.isEmpty else { return [:] }
    guard let origin = request.headers["Origin"], allowedOrigins.contains(origin) else {
      return ["Vary": "Origin"]
    }
    return [
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": "ETag, Retry-After",
      "Vary": "Origin",
    ]
  }

  /// The answer to a browser that asks on behalf of a listed origin whether it may send a request (WHATWG Fetch,
  /// CORS-preflight): it carries no token yet. Nil for any other request.
  func preflight(_ request: HTTPRequest, _ route: Route) -> HTTPResponse? {
    guard request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil,
      let origin = request.headers["Origin"], allowedOrigins.contains(origin)
    else { return nil }
    return HTTPResponse(
      status: 204,
      headers: [
        "Access-Control-Allow-Methods": route.methods.joined(separator: ", "),
        "Access-Control-Allow-Headers":
          "Authorization, Content-Type, If-None-Match, Last-Event-ID",
        "Access-Control-Max-Age": "600",
        "Cache-Control": "no-store",
      ])
  }
}

extension HTTPResponse {
  /// 401, with the challenge that RFC 9110 section 15.5.2 asks for.
  static func unauthorized(_ detail: String) -> HTTPResponse {
    .problem(
      401, "Unauthorized", detail, headers: ["WWW-Authenticate": "Bearer realm=\"walletwire\""])
  }
}
