import HTTPServer

/// Who may ask what: the contract's section on access, as a function of the request.
struct AccessPolicy: Sendable {
  /// Further Host names to answer to, in their one spelling.
  let allowedHosts: Set<String>
  /// Origins that may read from a browser.
  let allowedOrigins: Set<WebOrigin>
  /// Required everywhere once there is one.
  let token: AccessToken?
  /// `?access_token=` is accepted on the event stream.
  let allowsQueryToken: Bool
  /// What the configuration listens on, in its one spelling.
  let listenHost: String
  /// Others than this machine can reach the listener.
  let listensBeyondLoopback: Bool

  init(_ settings: ServerSettings) {
    allowedHosts = Set(settings.allowedHosts.map(HostName.canonical))
    allowedOrigins = Set(settings.allowedOrigins.compactMap(WebOrigin.init))
    token = settings.accessToken.map { AccessToken($0) }
    allowsQueryToken = settings.allowsQueryToken
    listenHost = HostName.canonical(settings.listen.host)
    listensBeyondLoopback = !settings.listen.isLoopback
  }

  // MARK: Place

  /// The refusal of a request for where it came from or went to, before it is routed.
  func refusalOfPlace(_ request: HTTPRequest) -> HTTPResponse? {
    hostRefusal(request) ?? proxyRefusal(request)
  }

  /// DNS rebinding: a page on another name must not reach a local server by making its name point
  /// here.
  private func hostRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard let authority = request.host, let given = HostAndPort(authority)?.host else {
      return .problem(400, "Bad Request", "A request needs one valid Host field.")
    }
    let host = HostName.canonical(given)
    guard
      ListenAddress(host: host, port: 0).isLoopback || host == listenHost
        || host == request.localAddress.host || allowedHosts.contains(host)
        // Rebinding needs a name, so beyond loopback an address is as good as our own.
        || (listensBeyondLoopback && HostName.isAddress(host))
    else {
      return .problem(
        421, "Misdirected Request",
        "This server does not answer to that Host. Add the name to allowed_hosts under [server].")
    }
    return nil
  }

  /// Behind a proxy every request comes from loopback; without a token that would open the wallet
  /// to the world.
  private func proxyRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    guard token == nil, ProxySigns.mark(request) else { return nil }
    return .problem(
      403, "Forbidden",
      "This came through a proxy, and no token is set. Set access_token_file under [server].")
  }

  // MARK: Deed

  /// The refusal of a request that would change something, on behalf of another site.
  func refusalOfDeed(_ request: HTTPRequest) -> HTTPResponse? {
    guard request.method != "GET", request.method != "HEAD" else { return nil }
    return originRefusal(request) ?? typeRefusal(request)
  }

  private func originRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    let fields = request.headers.values(for: "Origin")
    let origins = fields.compactMap(WebOrigin.init)
    let isListed =
      !fields.isEmpty && fields.count == origins.count
      && origins.allSatisfy(allowedOrigins.contains)
    let server = request.host.flatMap { HostAndPort($0) }
    let isOwn =
      fields.count == origins.count
      && origins.allSatisfy { origin in server.map(origin.isServed(by:)) ?? false }
    if !isListed, !isOwn {
      return .problem(
        403, "Forbidden", "That Origin may not change anything. List it in allowed_origins.")
    }
    let sites = request.headers.values(for: "Sec-Fetch-Site")
    if !isListed, sites.contains(where: { $0 == "cross-site" || $0 == "same-site" }) {
      return .problem(403, "Forbidden", "Another site may not change anything here.")
    }
    return nil
  }

  /// A form of another site can send anything but this type. Without a body there is nothing to
  /// have a type; what sends neither is held by its `Origin`.
  private func typeRefusal(_ request: HTTPRequest) -> HTTPResponse? {
    let fields = request.headers.values(for: "Content-Type")
    if fields.isEmpty, request.body.isEmpty { return nil }
    let type = fields.first?.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
    guard fields.count != 1 || type?.lowercased() != "application/json" else { return nil }
    return .problem(
      415, "Unsupported Media Type",
      "Send the body as JSON, with Content-Type: application/json; without a body send no type: "
        + "curl -X \(request.method) URL")
  }

  // MARK: Person

  /// What a request shows of who sends it.
  enum Admission: Equatable {
    /// Whoever it is, it may come.
    case open
    /// The token itself.
    case token
    /// The cookie of an open session; its identifier.
    case session(String)
    /// It shows nothing that could let it in.
    case nothing
    /// A token, and the wrong one.
    case guess
  }

  /// - Parameter isSession: whether a cookie's value is that of an open session.
  func admission(
    of request: HTTPRequest, to route: Route, isSession: (String) -> Bool
  ) -> Admission {
    guard let token, route.needsToken(method: request.method) else { return .open }
    let given = [
      AccessToken.bearer(of: request),
      allowsQueryToken && route == .events ? request.query["access_token"] : nil,
    ].compactMap(\.self)
    if given.contains(where: token.matches) { return .token }
    // A proxy's own Authorization must not stand in the way of the cookie.
    if let session = SessionCookie.values(in: request).first(where: isSession) {
      return .session(session)
    }
    return given.isEmpty ? .nothing : .guess
  }

  // MARK: CORS

  /// The `Origin` of a request as the browser spells it, where it is listed.
  private func listedOrigin(of request: HTTPRequest) -> String? {
    request.headers["Origin"].flatMap { text in
      WebOrigin(text).map(allowedOrigins.contains) == true ? text : nil
    }
  }

  /// The CORS fields for a listed origin. Where origins are listed, what they get is told apart
  /// from what others get, so that no cache gives one to the other.
  func corsHeaders(for request: HTTPRequest) -> HTTPHeaders {
    guard !allowedOrigins.isEmpty else { return [:] }
    guard let origin = listedOrigin(of: request) else { return ["Vary": "Origin"] }
    return [
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": "ETag, Retry-After",
      "Vary": "Origin",
    ]
  }

  /// The answer to a browser that asks on behalf of a listed origin whether it may send a request
  /// (WHATWG Fetch, CORS-preflight): it carries no token yet. Nil for any other request.
  func preflight(_ request: HTTPRequest, _ route: Route) -> HTTPResponse? {
    guard request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil,
      listedOrigin(of: request) != nil
    else { return nil }
    return HTTPResponse(
      status: 204,
      headers: [
        "Access-Control-Allow-Methods": route.methods.joined(separator: ", "),
        "Access-Control-Allow-Headers":
          "Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID, "
          + "X-Requested-With",
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
