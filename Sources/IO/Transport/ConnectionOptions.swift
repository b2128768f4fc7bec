/// How a connection is made and bounded.
package struct ConnectionOptions: Sendable {
  /// Speak TLS with this context; nil is plain TCP.
  package var tls: TLSContext?
  /// Go through this proxy, which then finds the address.
  package var proxy: SOCKSProxy?
  package var resolver: any HostResolver = SystemHostResolver.shared
  package var deadlines = ConnectDeadlines()
  /// How many bytes may wait for the other side to read; one more closes the connection.
  package var maximumOutgoingBytes = 4 * 1024 * 1024

  package init(tls: TLSContext? = nil, proxy: SOCKSProxy? = nil) {
    self.tls = tls
    self.proxy = proxy
  }
}

/// What happens to a connection, in order: steps, `opened`, any number of `received`, `closed`. Or
/// `closed` alone.
package enum ConnectionEvent: Sendable {
  /// A step on the way is done.
  case completed(ConnectStep, took: Duration)
  case opened(ConnectionInfo)
  /// At least one byte.
  case received([UInt8])
  /// Comes exactly once, and last. nil: `close` or `abort` was called here.
  case closed(TransportError?)
}

/// What was agreed on.
package struct ConnectionInfo: Hashable, Sendable {
  /// The other end: the server's, or the proxy's.
  package let address: SocketAddress
  /// Such as `TLSv1.3`; nil for plain TCP.
  package let tlsVersion: String?
}
