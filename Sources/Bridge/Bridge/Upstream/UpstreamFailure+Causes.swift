import BridgeModel
import HTTPClientProtocol
import Transport
import WebSocketProtocol

/// What the layers below say, in the words of the sources.
extension UpstreamFailure {
  init(_ error: TransportError) {
    let kind: Kind =
      switch error.category {
      case .timedOut: .timeout
      case .tls: .tls
      default: .network
      }
    self.init(kind, error.description)
  }

  init(_ error: HTTPParseError) {
    let kind: Kind =
      switch error {
      case .closedBeforeResponse, .truncated: .network
      default: .protocolError
      }
    self.init(kind, error.description)
  }

  init(_ error: HandshakeError) {
    switch error {
    case .connectionClosed:
      self.init(.network, "the server closed the connection while the WebSocket was being opened")
    default:
      self.init(
        .protocolError,
        "the answer to the WebSocket's opening is not one: \(error); is a proxy in between?")
    }
  }

  init(_ refusal: HandshakeRefusal) {
    let obstacle = Obstacle(refusal)
    let hint =
      switch refusal.statusCode {
      case _ where obstacle != nil: obstacle.map { "; \($0.message): \($0.remedy)" } ?? ""
      case 405, 426, 400: "; a proxy in between probably drops the Upgrade header"
      case 429: "; the server limits its clients"
      case 500...: "; the server, or a proxy before it, is in trouble"
      default: "; check the URL's path"
      }
    self.init(
      .upgradeRefused(status: refusal.statusCode),
      "the WebSocket was refused with HTTP \(refusal.statusCode)\(hint)")
  }
}
