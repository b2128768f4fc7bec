import BridgeModel
import HTTPClientProtocol
import WebSocketProtocol

/// What answers in the place of a wallet's server, or before it, and would let nobody through: the
/// wrong kind of port, a password, a challenge for browsers. No source can tell it from the
/// answer's status alone.
struct Obstacle: Sendable, Equatable {
  let message: String
  let remedy: String
  private let kind: UpstreamFailure.Kind

  var failure: UpstreamFailure { UpstreamFailure(kind, "\(message): \(remedy)") }

  /// An answer to a plain request. LNbits' and a mint's own refusals are JSON, and no obstacle.
  init?(_ response: HTTPResponse, over scheme: UpstreamURL.Scheme) {
    guard response.mediaType != "application/json" else { return nil }
    if response.status == 400, scheme == .http, Self.asksForTLS(response.body) {
      self = .port
    } else {
      self.init(status: response.status) { response.headers[$0] }
    }
  }

  /// A refusal of a WebSocket.
  init?(_ refusal: HandshakeRefusal) {
    self.init(status: refusal.statusCode) { refusal.headers[$0] }
  }

  /// The first bytes that came on a plain connection. A server that speaks TLS answers a request
  /// without it by an alert (RFC 8446, section 6), which no HTTP begins with.
  init?(firstBytes: [UInt8]) {
    let alert: [UInt8] = [21, 3]
    guard firstBytes.starts(with: alert) else { return nil }
    self = .port
  }

  /// A plain connection that ended before anything came: so do other servers that speak TLS.
  init?(closedUnansweredOver scheme: UpstreamURL.Scheme) {
    guard scheme == .http else { return nil }
    self.init(
      .network, "the server closed the connection without an answer",
      remedy: "if the port speaks TLS, try https:// in the URL; else see the server's log")
  }

  private static let port = Obstacle(
    .tls, "the server speaks TLS on this port", remedy: "try https:// in the URL")

  private init(_ kind: UpstreamFailure.Kind, _ message: String, remedy: String) {
    self.kind = kind
    self.message = message
    self.remedy = remedy
  }

  private init?(status: Int, header: (String) -> String?) {
    let challenge = header("WWW-Authenticate")?.lowercased() ?? ""
    let server = header("Server")?.lowercased() ?? ""
    let isChallenged = header("cf-mitigated") != nil
    switch status {
    case 401 where ["basic", "digest", "negotiate", "ntlm"].contains { challenge.hasPrefix($0) }:
      self.init(
        .protocolError,
        "HTTP 401: a password is asked for before the server (Basic auth or the like)",
        remedy: "have the proxy let /api through without it, or use an address that goes around it")
    case 403 where isChallenged || server == "cloudflare", 503 where isChallenged:
      self.init(
        .protocolError, "HTTP \(status): Cloudflare, before the server, refuses what is no browser",
        remedy: "make a rule there that lets the API through, or use an address that goes around it"
      )
    case 403:
      self.init(
        .protocolError, "HTTP 403: something before the server refuses us (a firewall, a login)",
        remedy: "have it let the API through, or use an address that goes around it")
    default: return nil
    }
  }

  /// Most servers say in words that a plain request came to their port for TLS.
  private static func asksForTLS(_ body: [UInt8]) -> Bool {
    let text = String(decoding: body.prefix(maximumSearchedBytes), as: UTF8.self).lowercased()
    return ["https port", "https server", "ssl-enabled", "tls-enabled"].contains(
      where: text.contains)
  }

  private static let maximumSearchedBytes = 2048
}
