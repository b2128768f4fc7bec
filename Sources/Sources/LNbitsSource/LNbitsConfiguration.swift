package import BridgeModel

/// What an ``LNbitsSource`` is told once. It never sees the key: the shell puts it into requests.
package struct LNbitsConfiguration: Sendable, Hashable {
  /// What may be published, and on whose word.
  package enum Trust: String, Sendable {
    /// Only what the wallet confirms over REST; a frame is a hint.
    case verified
    /// A frame's own word, at once; REST audits it.
    case frames
  }

  /// Which balance an outgoing payment's frame carries.
  package enum OutgoingBalance: String, Sendable {
    case before
    case after
    /// By LNbits' version, and by what fits the books.
    case auto
  }

  package var name: String
  /// Scheme, host, port and path prefix: with the key's hash or the wallet's id this is the
  /// wallet's identity.
  package var origin: String
  package var keyFingerprint: String
  package var trust: Trust
  package var outgoingBalance: OutgoingBalance
  /// False: no socket, only reconciles.
  package var usesSocket: Bool
  /// Ask the wallet this often even when the socket is quiet.
  package var reconcileInterval: Duration
  package var reconnect: ReconnectPolicy
  package var heartbeatInterval: Duration
  package var heartbeatTimeout: Duration

  package init(
    name: String, origin: String, keyFingerprint: String, trust: Trust = .verified,
    outgoingBalance: OutgoingBalance = .auto, usesSocket: Bool = true,
    reconcileInterval: Duration = .seconds(60), reconnect: ReconnectPolicy = ReconnectPolicy(),
    heartbeatInterval: Duration = .seconds(30), heartbeatTimeout: Duration = .seconds(10)
  ) {
    self.name = name
    self.origin = origin
    self.keyFingerprint = keyFingerprint
    self.trust = trust
    self.outgoingBalance = outgoingBalance
    self.usesSocket = usesSocket
    self.reconcileInterval = reconcileInterval
    self.reconnect = reconnect
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
  }

  var identity: BookIdentity {
    BookIdentity(origin: origin, keyFingerprint: keyFingerprint)
  }
}
