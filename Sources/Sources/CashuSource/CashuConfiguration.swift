package import BridgeModel

/// What a ``CashuSource`` is told once.
package struct CashuConfiguration: Sendable, Hashable {
  package var name: String
  /// False: no socket, only polls.
  package var usesSocket: Bool
  /// Ask the mint for each watch this often even while the socket is healthy.
  package var reconcileInterval: Duration
  package var reconnect: ReconnectPolicy
  package var heartbeatInterval: Duration
  package var heartbeatTimeout: Duration

  package init(
    name: String, usesSocket: Bool = true, reconcileInterval: Duration = .seconds(60),
    reconnect: ReconnectPolicy = ReconnectPolicy(), heartbeatInterval: Duration = .seconds(30),
    heartbeatTimeout: Duration = .seconds(10)
  ) {
    self.name = name
    self.usesSocket = usesSocket
    self.reconcileInterval = reconcileInterval
    self.reconnect = reconnect
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
  }
}
