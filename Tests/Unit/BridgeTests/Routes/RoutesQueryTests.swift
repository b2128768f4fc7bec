import HTTPServer
import Testing

@testable import Bridge

/// A request target, and the word that the refusal of its query must hold; nil: it is taken.
struct QueryCase: Sendable, CustomTestStringConvertible {
  let target: String
  let named: String?

  init(_ target: String, _ named: String? = nil) {
    self.target = target
    self.named = named
  }

  var testDescription: String { "\(target) -> \(named ?? "taken")" }
}

@Suite("Queries")
struct RoutesQueryTests {
  private static func refusal(_ target: String) throws -> HTTPResponse? {
    let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 2121)
    let request = try HTTPRequest(
      method: "GET", target: target, remoteAddress: endpoint, localAddress: endpoint)
    return Route(path: request.path).refusal(of: request.query)
  }

  @Test(
    "A parameter that is not known is refused, and named",
    arguments: [
      QueryCase("/api/v1/events?lastEventID=a-1"),
      QueryCase("/api/v1/events?lastEventId=a-1&last_event_id=&since=a-2"),
      QueryCase("/api/v1/events?LastEventID=a-1", "LastEventID"),
      QueryCase("/api/v1/events?Last-Event-ID=a-1", "Last-Event-ID"),
      QueryCase("/api/v1/events?sinc=a-1", "sinc"),
      QueryCase("/events?type=payment", "type"),
      QueryCase("/events?wallet=a&wallets=b", "wallets"),
      QueryCase("/api/v1/events?access_token=a"),
      QueryCase("/api/v1/balance?walet=main", "walet"),
      QueryCase("/api/v1/balance?source=main", "source"),
      QueryCase("/api/v1/balances?wallet=main", "wallet"),
      QueryCase("/api/v1/payments?limit=1&offset=2", "offset"),
      QueryCase("/api/v1/payments.csv?Limit=1", "Limit"),
      QueryCase("/api/v1/payments/p1?limit=1", "limit"),
      QueryCase("/api/v1/history?group=day&limit=1", "limit"),
      QueryCase("/api/v1/status?verbose", "verbose"),
      QueryCase("/api/v1/reconnect?wallet=main", "wallet"),
      QueryCase("/api/v1/pause?name=main", "name"),
      QueryCase("/api/v1/resume?sources=main", "sources"),
      QueryCase("/api/v1/config?pretty=1", "pretty"),
      QueryCase("/api/v1/watches?handle=w_1", "handle"),
      QueryCase("/api/v1/watches/w_1?mint=a", "mint"),
      QueryCase("/api/v1/session?token=a", "token"),
      QueryCase("/api/v1/openapi.json?v=1", "v"),
      QueryCase("/api/v1/status?%77allet=a", "wallet"),
      QueryCase("/api/v1/status?=a", "not known"),
    ])
  func unknown(_ row: QueryCase) throws {
    let refusal = try Self.refusal(row.target)
    #expect(refusal?.status == (row.named == nil ? nil : 400))
    let text = String(decoding: refusal?.body ?? [], as: UTF8.self)
    if let named = row.named { #expect(text.contains(named)) }
  }

  @Test(
    "Given twice, a parameter means all its values, or is refused",
    arguments: [
      QueryCase("/api/v1/events?types=payment&types=balance"),
      QueryCase("/events?wallet=a&wallet=b&wallet=a"),
      QueryCase("/api/v1/events?since=a-1&since=a-2", "since"),
      QueryCase("/api/v1/events?lastEventID=a-1&lastEventID=a-1", "lastEventID"),
      QueryCase("/api/v1/balance?wallet=a&wallet=b", "wallet"),
      QueryCase("/api/v1/payments?status=settled&status=failed", "status"),
      QueryCase("/api/v1/history?since=2026-01-01&since=2026-01-01", "since"),
      QueryCase("/api/v1/reconnect?source=a&source=b", "source"),
      QueryCase("/api/v1/watches?mint=a&mint=b", "mint"),
    ])
  func repeated(_ row: QueryCase) throws {
    let refusal = try Self.refusal(row.target)
    #expect(refusal?.status == (row.named == nil ? nil : 400))
    let text = String(decoding: refusal?.body ?? [], as: UTF8.self)
    if let named = row.named { #expect(text.contains(named)) }
  }

  @Test(
    "What pollers add against caches is passed over, and so is anything where nothing is selected",
    arguments: [
      "/api/v1/balance?_=1700000000&_=1700000001", "/api/v1/status?nocache=1", "/events?_t=1",
      "/api/v1/payments?limit=1&noCache=x&cacheBuster=y", "/api/v1/balances?_",
      "/healthz?a=b", "/readyz?verbose=1&verbose=2", "/metrics?collect[]=cpu&collect[]=net",
      "/?wallet=main&display=counter&kiosk", "/page.js?v=1", "/api/v1/nothing?a=b",
    ])
  func passedOver(_ target: String) throws {
    #expect(try Self.refusal(target) == nil)
  }

  @Test("Of a name that is not known little is repeated, and nothing that could do harm")
  func shown() throws {
    let name = "%1b%5b31m%e2%80%ae" + String(repeating: "x", count: 5000)
    let refusal = try #require(try Self.refusal("/api/v1/status?\(name)=1"))
    #expect(refusal.body.count < 400)
    #expect(refusal.body.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A })
  }

  @Test(
    "allowed_hosts takes what can stand in Host, in one spelling",
    arguments: [
      ("umbrel.local", "umbrel.local"), ("Umbrel.Local.", "umbrel.local"), ("a", "a"),
      ("192.0.2.1", "192.0.2.1"), ("[2001:DB8::0:7]", "2001:db8::7"),
      ("2001:db8::7", "2001:db8::7"),
      ("xn--bcher-kva.example", "xn--bcher-kva.example"), ("my_host", "my_host"),
      ("umbrel.local:2121", nil), ("http://umbrel.local", nil), ("umbrel.local/", nil), ("", nil),
      (".", nil), ("*", nil), ("*.local", nil), (".local", nil), ("a..b", nil), ("a..", nil),
      ("192.0.2.300", nil), ("192.0.2", nil), ("1.2.3.4.5", nil), (" a", nil), ("a b", nil),
      ("bücher.example", nil), (String(repeating: "a", count: 64) + ".example", nil),
    ] as [(String, String?)])
  func listedHosts(_ text: String, _ expected: String?) {
    #expect(HostName.listed(text) == expected)
  }

  @Test(
    "allowed_origins and allowed_frames take what a browser sends, in one spelling",
    arguments: [
      ("https://till.example", "https://till.example"),
      ("HTTPS://Till.Example.:443", "https://till.example"),
      ("http://homeassistant.local:8123", "http://homeassistant.local:8123"),
      ("http://[::1]:80", "http://[::1]"),
      ("till.example", nil), ("https://till.example/", nil), ("https://till.example/a", nil),
      ("*", nil), ("null", nil), ("https://*.example", nil), ("https://", nil),
      ("https://a@till.example", nil), ("https://till..example", nil), ("ftp://a", nil), ("", nil),
      ("https://a.example; script-src *", nil), ("https://a.example 'self'", nil),
    ] as [(String, String?)])
  func listedOrigins(_ text: String, _ expected: String?) {
    #expect(WebOrigin(text)?.description == expected)
  }

  @Test("A page of a listed origin may frame ours; then no field forbids it")
  func frames() {
    var settings = ServerSettings()
    let closed = Bridge.securityHeaders(settings)
    #expect(closed["X-Frame-Options"] == "DENY")
    #expect(closed["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
    settings.allowedFrames = ["http://homeassistant.local:8123", "https://dash.example"]
    let open = Bridge.securityHeaders(settings)
    #expect(open["X-Frame-Options"] == nil)
    #expect(
      open["Content-Security-Policy"]?.hasSuffix(
        "frame-ancestors http://homeassistant.local:8123 https://dash.example") == true)
  }
}
