import HTTPServer
import Testing

@testable import Bridge

/// A request as it comes in, and what the rules on access make of it.
struct AccessCase: Sendable, CustomTestStringConvertible {
  var method = "GET"
  var path = "/api/v1/status"
  /// Nil: none, as in HTTP/1.0.
  var host: String? = "127.0.0.1:2121"
  var origin: String?
  var type: String?
  var site: String?
  var body = ""
  /// Further fields.
  var fields: [HTTPHeaders.Field] = []
  var local = "127.0.0.1"
  var listen = "127.0.0.1"
  var token: String?
  var allowsQueryToken = false
  /// Nil: let through.
  var refusal: Int?

  var testDescription: String {
    "\(method) \(path) host \(host ?? "-") origin \(origin ?? "-") type \(type ?? "-") "
      + "site \(site ?? "-") \(fields.map { "\($0.name): \($0.value)" }) on \(local) "
      + "token \(token ?? "-") -> \(refusal.map(String.init) ?? "through")"
  }

  func judged() throws -> Int? {
    var settings = ServerSettings()
    settings.listen = ListenAddress(host: listen, port: 2121)
    settings.allowedHosts = ["wallet.example", "2001:db8::7", "umbrel.local"]
    settings.allowedOrigins = ["https://till.example"]
    settings.accessToken = token.map { Secret($0) }
    settings.allowsQueryToken = allowsQueryToken
    var headers = HTTPHeaders()
    for (name, value) in [
      ("Host", host), ("Origin", origin), ("Content-Type", type), ("Sec-Fetch-Site", site),
    ] {
      if let value { headers.append(name: name, value: value) }
    }
    for field in fields { headers.append(name: field.name, value: field.value) }
    let request = try HTTPRequest(
      method: method, target: path, headers: headers, body: Array(body.utf8),
      remoteAddress: HTTPEndpoint(host: local, port: 5000),
      localAddress: HTTPEndpoint(host: local, port: 2121))
    let policy = AccessPolicy(settings)
    let route = Route(path: request.path)
    if let refusal = policy.refusalOfPlace(request) ?? policy.refusalOfDeed(request) {
      return refusal.status
    }
    switch policy.admission(of: request, to: route, isSession: { $0 == "open-session" }) {
    case .open, .token, .session: return nil
    case .nothing, .guess: return 401
    }
  }
}

extension HTTPHeaders.Field {
  fileprivate static func bearer(_ token: String) -> Self {
    Self(name: "Authorization", value: "Bearer \(token)")
  }

  fileprivate static func cookie(_ text: String) -> Self { Self(name: "Cookie", value: text) }
}

@Suite("Access")
struct RoutesAccessTests {
  private static let beyond = "192.0.2.10"

  @Test(
    "Only names that are ours are answered",
    arguments: [
      AccessCase(host: "localhost"),
      AccessCase(host: "LocalHost:2121"),
      AccessCase(host: "page.localhost:2121"),
      AccessCase(host: "127.0.0.1"),
      AccessCase(host: "127.8.8.8:1"),
      AccessCase(host: "[::1]:2121"),
      AccessCase(host: "[0:0:0:0:0:0:0:1]"),
      AccessCase(host: "[::ffff:127.0.0.1]"),
      AccessCase(host: "wallet.example"),
      AccessCase(host: "Wallet.Example:443"),
      AccessCase(host: "[2001:db8::7]:80"),
      AccessCase(host: "localhost."),
      AccessCase(host: "LOCALHOST.:2121"),
      AccessCase(host: "page.localhost."),
      AccessCase(host: "umbrel.local.:80"),
      AccessCase(host: "Umbrel.Local."),
      AccessCase(host: "[2001:DB8:0:0::7]"),
      AccessCase(host: "umbrel.local..", refusal: 421),
      AccessCase(host: ".umbrel.local", refusal: 421),
      AccessCase(host: ".", refusal: 421),
      AccessCase(host: nil, refusal: 400),
      AccessCase(host: "", refusal: 400),
      AccessCase(host: "[localhost]", refusal: 400),
      AccessCase(host: "[::1", refusal: 400),
      AccessCase(host: "::1", refusal: 400),
      AccessCase(host: "localhost:port", refusal: 400),
      AccessCase(host: "localhost:70000", refusal: 400),
      AccessCase(host: "user@localhost", refusal: 400),
      AccessCase(host: "local host", refusal: 400),
      AccessCase(host: "evil.example", refusal: 421),
      AccessCase(host: "localhost.evil.example", refusal: 421),
      AccessCase(host: "127.0.0.1.evil.example", refusal: 421),
      AccessCase(host: "wallet.example.evil", refusal: 421),
      AccessCase(host: "notlocalhost", refusal: 421),
      AccessCase(host: "192.0.2.1", refusal: 421),
      AccessCase(host: "[2001:db8::1]", refusal: 421),
      AccessCase(path: "http://evil.example/healthz", refusal: 421),
      AccessCase(path: "/healthz", host: "evil.example", refusal: 421),
      AccessCase(host: "192.0.2.10:2121", local: beyond, listen: "0.0.0.0"),
      AccessCase(host: "198.51.100.9", local: beyond, listen: "0.0.0.0"),
      AccessCase(host: "[2001:db8::1]", local: beyond, listen: "::"),
      AccessCase(host: "host.lan:2121", local: beyond, listen: "host.lan"),
      AccessCase(host: "Host.Lan.", local: beyond, listen: "host.lan."),
      AccessCase(host: "evil.example", local: beyond, listen: "0.0.0.0", refusal: 421),
      AccessCase(host: "999.999.999.999", local: beyond, listen: "0.0.0.0", refusal: 421),
      AccessCase(host: "1.2.3.4.5", local: beyond, listen: "0.0.0.0", refusal: 421),
      AccessCase(host: "0x7f000001", local: beyond, listen: "0.0.0.0", refusal: 421),
    ])
  func host(_ row: AccessCase) throws {
    #expect(try row.judged() == row.refusal)
  }

  @Test(
    "A proxy opens nothing without a token",
    arguments: [
      AccessCase(fields: [.init(name: "Forwarded", value: "for=192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "X-Forwarded-For", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "x-forwarded-proto", value: "https")], refusal: 403),
      AccessCase(
        path: "/healthz", fields: [.init(name: "X-Forwarded-Host", value: "a")], refusal: 403),
      AccessCase(fields: [.init(name: "Via", value: "1.1 proxy")], refusal: 403),
      AccessCase(fields: [.init(name: "x-real-ip", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "CF-Connecting-IP", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "True-Client-IP", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "X-Cluster-Client-IP", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "Fly-Client-IP", value: "192.0.2.1")], refusal: 403),
      AccessCase(fields: [.init(name: "CDN-Loop", value: "cloudflare")], refusal: 403),
      AccessCase(fields: [.init(name: "X-Realm", value: "a")]),
      AccessCase(fields: [.init(name: "Via", value: "1.1 proxy"), .bearer("t")], token: "t"),
      AccessCase(fields: [.init(name: "X-Forwarded-For", value: "a"), .bearer("t")], token: "t"),
      AccessCase(fields: [.init(name: "X-Forwarded-For", value: "a")], token: "t", refusal: 401),
    ])
  func proxies(_ row: AccessCase) throws {
    #expect(try row.judged() == row.refusal)
  }

  private static let json = "application/json"
  private static let pause = "/api/v1/pause"

  @Test(
    "Only our own page and listed origins change anything",
    arguments: [
      AccessCase(method: "POST", path: pause, type: json),
      AccessCase(method: "POST", path: pause, origin: "http://127.0.0.1:2121", type: json),
      AccessCase(
        method: "POST", path: pause, host: "wallet.example", origin: "https://wallet.example",
        type: json, site: "same-origin"),
      AccessCase(method: "POST", path: pause, type: json, site: "none"),
      AccessCase(method: "POST", path: pause, origin: "https://till.example", type: json),
      AccessCase(
        method: "POST", path: pause, origin: "https://till.example", type: json,
        site: "cross-site"),
      AccessCase(
        method: "POST", path: pause, host: "localhost.:2121", origin: "http://localhost.:2121",
        type: json),
      AccessCase(
        method: "POST", path: pause, host: "wallet.example:443", origin: "https://Wallet.Example.",
        type: json),
      AccessCase(method: "POST", path: pause, origin: "https://till.example.", type: json),
      AccessCase(
        method: "POST", path: pause, origin: "https://till.example:443", type: json,
        site: "same-site"),
      AccessCase(
        method: "POST", path: pause, host: "localhost:2121", origin: "http://localhost",
        type: json, refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://127.0.0.1:2121/", type: json, refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://till.example", type: json, refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "https://till.example:8443", type: json, refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://evil.example", type: json, refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://127.0.0.1:2121.evil.example", type: json,
        refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://127.0.0.1:3000", type: json, refusal: 403),
      AccessCase(method: "POST", path: pause, origin: "null", type: json, refusal: 403),
      AccessCase(method: "POST", path: pause, type: json, site: "cross-site", refusal: 403),
      AccessCase(method: "POST", path: pause, type: json, site: "same-site", refusal: 403),
      AccessCase(
        method: "POST", path: pause, origin: "http://127.0.0.1:2121", type: json,
        site: "same-site", refusal: 403),
      AccessCase(method: "DELETE", path: "/api/v1/session", origin: "null", refusal: 403),
      AccessCase(method: "DELETE", path: "/api/v1/session", site: "cross-site", refusal: 403),
      AccessCase(origin: "http://evil.example", site: "cross-site"),
      AccessCase(method: "HEAD", origin: "null", site: "same-site"),
    ])
  func origin(_ row: AccessCase) throws {
    #expect(try row.judged() == row.refusal)
  }

  @Test(
    "What changes something is JSON",
    arguments: [
      AccessCase(method: "POST", path: pause, type: "application/json; charset=utf-8"),
      AccessCase(method: "POST", path: pause, type: "Application/JSON"),
      AccessCase(method: "POST", path: pause, type: "application/json\t;x=y"),
      AccessCase(method: "POST", path: pause),
      AccessCase(method: "POST", path: "/api/v1/reconnect?source=main"),
      AccessCase(method: "POST", path: pause, body: "{}", refusal: 415),
      AccessCase(method: "POST", path: "/api/v1/session", body: "token=a", refusal: 415),
      AccessCase(method: "DELETE", path: "/api/v1/session", body: "x", refusal: 415),
      AccessCase(method: "POST", path: pause, site: "cross-site", refusal: 403),
      AccessCase(method: "POST", path: pause, origin: "null", refusal: 403),
      AccessCase(method: "POST", path: pause, type: "", refusal: 415),
      AccessCase(method: "POST", path: pause, type: "text/plain", refusal: 415),
      AccessCase(method: "POST", path: pause, type: "text/plain; application/json", refusal: 415),
      AccessCase(method: "POST", path: pause, type: "application/jsonx", refusal: 415),
      AccessCase(method: "POST", path: pause, type: "appli cation/json", refusal: 415),
      AccessCase(
        method: "POST", path: pause, type: "application/x-www-form-urlencoded", refusal: 415),
      AccessCase(
        method: "POST", path: "/api/v1/session", type: "multipart/form-data", refusal: 415),
      AccessCase(method: "DELETE", path: "/api/v1/session"),
      AccessCase(method: "DELETE", path: "/api/v1/session", type: "text/plain", refusal: 415),
    ])
  func contentType(_ row: AccessCase) throws {
    #expect(try row.judged() == row.refusal)
  }

  private static let session = HTTPHeaders.Field.cookie("walletwire_session=open-session")

  @Test(
    "A token or a session is required but for the page, the probe and the way in",
    arguments: [
      AccessCase(token: "secret", refusal: 401),
      AccessCase(path: "/metrics", token: "secret", refusal: 401),
      AccessCase(path: "/readyz", token: "secret", refusal: 401),
      AccessCase(path: "/events", token: "secret", refusal: 401),
      AccessCase(path: "/api/v1/openapi.json", token: "secret", refusal: 401),
      AccessCase(path: "/api/v1/nothing", token: "secret", refusal: 401),
      AccessCase(method: "POST", path: pause, type: json, token: "secret", refusal: 401),
      AccessCase(method: "DELETE", path: "/api/v1/session", token: "secret", refusal: 401),
      AccessCase(path: "/", token: "secret"),
      AccessCase(path: "/page.js", token: "secret"),
      AccessCase(path: "/healthz", token: "secret"),
      AccessCase(method: "POST", path: "/api/v1/session", type: json, token: "secret"),
      AccessCase(fields: [.bearer("secret")], token: "secret"),
      AccessCase(fields: [.init(name: "Authorization", value: "bEaReR  secret")], token: "secret"),
      AccessCase(fields: [.bearer("secreT")], token: "secret", refusal: 401),
      AccessCase(fields: [.bearer("secret2")], token: "secret", refusal: 401),
      AccessCase(fields: [.bearer("")], token: "secret", refusal: 401),
      AccessCase(
        fields: [.init(name: "Authorization", value: "secret")], token: "secret", refusal: 401),
      AccessCase(
        fields: [.init(name: "Authorization", value: "Basic secret")], token: "secret", refusal: 401
      ),
      AccessCase(fields: [session], token: "secret"),
      AccessCase(fields: [.cookie("a=b; walletwire_session=open-session;c=d")], token: "secret"),
      AccessCase(
        fields: [.cookie("walletwire_session=old; walletwire_session=open-session")],
        token: "secret"),
      AccessCase(
        fields: [
          .cookie(
            String(repeating: "walletwire_session=old; ", count: 300)
              + "walletwire_session=open-session")
        ],
        token: "secret"),
      AccessCase(
        fields: (0..<20).map { _ in .cookie("walletwire_session=old") } + [session],
        token: "secret"),
      AccessCase(fields: [.bearer("wrong"), session], token: "secret"),
      AccessCase(
        fields: [.init(name: "Authorization", value: "Basic x"), session], token: "secret"),
      AccessCase(fields: [.cookie("walletwire_session=other")], token: "secret", refusal: 401),
      AccessCase(fields: [.cookie("session=open-session")], token: "secret", refusal: 401),
      AccessCase(fields: [.cookie("walletwire_session")], token: "secret", refusal: 401),
      AccessCase(path: "/events?access_token=secret", token: "secret", refusal: 401),
      AccessCase(path: "/events?access_token=secret", token: "secret", allowsQueryToken: true),
      AccessCase(
        path: "/events?access_token=no", token: "secret", allowsQueryToken: true, refusal: 401),
      AccessCase(
        path: "/api/v1/status?access_token=secret", token: "secret", allowsQueryToken: true,
        refusal: 401),
      AccessCase(
        method: "POST", path: pause, origin: "http://evil.example", type: json, fields: [session],
        token: "secret", refusal: 403),
    ])
  func token(_ row: AccessCase) throws {
    #expect(try row.judged() == row.refusal)
  }

  // MARK: CORS

  private static func answer(
    _ origin: String?, allowed: [String] = ["https://till.example"], method: String = "OPTIONS"
  ) throws -> (cors: HTTPHeaders, preflight: HTTPResponse?) {
    var settings = ServerSettings()
    settings.allowedOrigins = allowed
    var headers: HTTPHeaders = ["Host": "localhost", "Access-Control-Request-Method": "POST"]
    if let origin { headers.append(name: "Origin", value: origin) }
    let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 2121)
    let request = try HTTPRequest(
      method: method, target: "/api/v1/pause", headers: headers, remoteAddress: endpoint,
      localAddress: endpoint)
    let policy = AccessPolicy(settings)
    return (policy.corsHeaders(for: request), policy.preflight(request, .pause))
  }

  @Test("A listed origin may read, and may ask first")
  func listedOrigin() throws {
    let answer = try Self.answer("https://till.example")
    #expect(answer.cors["Access-Control-Allow-Origin"] == "https://till.example")
    #expect(answer.cors["Vary"] == "Origin")
    #expect(answer.preflight?.status == 204)
    #expect(answer.preflight?.headers["Access-Control-Allow-Methods"] == "POST")
    let fields =
      answer.preflight?.headers["Access-Control-Allow-Headers"]?
      .split(separator: ",").map { $0.drop { $0 == " " } } ?? []
    for field in ["Authorization", "Cache-Control", "Last-Event-ID", "X-Requested-With"] {
      #expect(fields.contains { $0 == field }, "\(field)")
    }
    let dotted = try Self.answer("https://till.example.")
    #expect(dotted.cors["Access-Control-Allow-Origin"] == "https://till.example.")
    #expect(try Self.answer("https://till.example", method: "GET").preflight == nil)
  }

  @Test("No other origin is reflected", arguments: ["http://evil.example", "null", "*", nil])
  func otherOrigins(_ origin: String?) throws {
    let answer = try Self.answer(origin)
    #expect(answer.cors["Access-Control-Allow-Origin"] == nil)
    #expect(answer.cors["Vary"] == "Origin")
    #expect(answer.preflight == nil)
    #expect(try Self.answer(origin, allowed: []).cors.fields.isEmpty)
  }
}
