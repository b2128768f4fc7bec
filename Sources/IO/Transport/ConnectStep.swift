/// The steps on the way to an open connection, in order.
package enum ConnectStep: String, Sendable, CaseIterable {
  case resolve, connect, proxy, tls

  /// The step in words, as in "timed out during …".
  package var words: String {
    switch self {
    case .resolve: "name resolution"
    case .connect: "the TCP connection"
    case .proxy: "the proxy's handshake"
    case .tls: "the TLS handshake"
    }
  }
}

/// How long each step may take before the connection is given up.
package struct ConnectDeadlines: Hashable, Sendable {
  package var resolve: Duration = .seconds(10)
  /// For all addresses together.
  package var connect: Duration = .seconds(10)
  /// Tor builds a circuit meanwhile.
  package var proxy: Duration = .seconds(60)
  package var tls: Duration = .seconds(10)
  /// How long `close` may go on delivering what was sent and waiting for the other side.
  package var close: Duration = .seconds(2)

  package init() {}

  subscript(step: ConnectStep) -> Duration {
    switch step {
    case .resolve: resolve
    case .connect: connect
    case .proxy: proxy
    case .tls: tls
    }
  }
}
