/// What kind of upstream a source is.
package enum SourceKind: String, Sendable {
  /// A wallet of an LNbits server.
  case lnbits
  /// A Cashu mint whose quotes and proofs are watched (NUT-17).
  case cashu
}

/// The six words of the contract's "Connection states".
package enum SourceState: String, Sendable, CaseIterable {
  /// No connection is wanted.
  case disconnected
  /// An attempt is under way and none has succeeded since start, resume or a reconnect by hand.
  case connecting
  /// Open, credentials confirmed, first reconcile done.
  case connected
  /// It was connected, and is waiting to try again or trying.
  case reconnecting
  /// An attempt failed and none has succeeded yet; or the socket is open and the wallet does not
  /// answer over REST.
  case error
  /// Attempts exhausted, or credentials refused.
  case failed
}

/// Why a source is in its state.
package enum SourceReason: String, Sendable {
  /// By hand, with `POST /api/v1/pause`.
  case paused
  /// `enabled = false` in the configuration.
  case disabled
  /// Nobody watches, and the configuration wants no connection then.
  case unwatched
  /// The bridge, or this source of it, ends.
  case stopping
  /// The upstream refused the key.
  case credentials
  /// No name, no route, refused or reset.
  case network
  /// An attempt or a question was not answered in time.
  case timeout
  /// The certificate, or the handshake, was not acceptable.
  case tls
  /// The request to upgrade was answered with another status than 101 (RFC 6455 section 4.2.2).
  case upgradeRefused = "upgrade_refused"
  /// A ping was not answered in time.
  case heartbeat
  /// The upstream answered with 5xx, or with what is not its API.
  case serverError = "server_error"
  /// The upstream said 429, or the budget of its origin is used up.
  case rateLimited = "rate_limited"
  /// The upstream ended the socket.
  case closed
  /// Payments settle and the socket tells of none: it was replaced.
  case silent
  /// The peer broke HTTP or WebSocket.
  case protocolError = "protocol_error"
  /// The store could not write: nothing is published.
  case storage
}

/// How changes reach this bridge at present.
package enum Delivery: String, Sendable, CaseIterable {
  /// Socket open, polls answered.
  case live
  /// No socket, or none that delivers; polls answered.
  case polling
  /// Questions wait: the upstream said 429, or its budget is used up.
  case rateLimited = "rate_limited"
  /// Neither a socket nor an answer.
  case unreachable
}

/// Whether a wallet's payments explain its balance.
package enum BooksState: String, Sendable, CaseIterable {
  /// The payments explain the balance.
  case balanced
  /// They did not at first sight, and are read again.
  case checking
  /// A difference stands that is not published yet.
  case unexplained
  /// The wallet has not answered yet.
  case unknown
}

/// Everything that `GET /api/v1/status` says of a source.
package struct SourceStatus: Sendable, Hashable {
  package var state: SourceState = .disconnected
  /// Nil where the state says it all.
  package var reason: SourceReason?
  /// When it entered ``state``.
  package var since: Instant
  /// When the next attempt is made; nil while none is due.
  package var nextRetryAt: Timestamp?
  package var metrics = ConnectionMetrics()
  /// Of the last ping that was answered; nil before the first.
  package var heartbeatRoundTrip: Duration?
  /// Any frame, readable or not; nil before the first.
  package var lastFrameAt: Timestamp?
  /// When the last round of questions was answered to its end.
  package var lastReconcileAt: Instant?
  /// From the first question of a round to its last answer.
  package var reconcileTimes = DurationHistogram()
  /// Nil for a mint, which keeps none.
  package var books: BooksState?
  /// The difference that stands and is not published.
  package var unexplained: Millisatoshi = .zero
  /// The sum of all corrections that were ever published; they are entries of the books like any
  /// other.
  package var corrections: Millisatoshi = .zero
  /// Nil while there was none.
  package var lastCorrectionAt: Timestamp?
  /// Elements of the upstream's lists that could not be read, since the start of the process;
  /// ``lastError`` names one.
  package var rowsSkipped = 0
  package var frames = FrameCounts()
  /// Settled payments of a kind that sends a frame, of which none came in time.
  package var paymentsWithoutFrame = 0
  /// As the upstream says; nil where it has not.
  package var serverVersion: String?
  /// The wallet's or the mint's own name; nil where it has not been told.
  package var upstreamName: String?
  /// `verified` or `frames`; nil for a mint.
  package var trust: String?
  package var delivery: Delivery = .unreachable
  /// For people, without a secret.
  package var lastError: String?

  package init(since: Instant) {
    self.since = since
  }
}

extension SourceStatus {
  /// What subscribers are told of a source when it changes.
  package struct Announcement: Sendable, Hashable {
    let state: SourceState
    let reason: SourceReason?
    let nextRetryAt: Timestamp?
  }

  package var announced: Announcement {
    Announcement(state: state, reason: reason, nextRetryAt: nextRetryAt)
  }
}

/// What became of the frames that a socket delivered.
package struct FrameCounts: Sendable, Hashable {
  package var received = 0
  /// Not JSON, or not a frame.
  package var rejected = 0
  package var duplicate = 0

  package init() {}
}

/// How a source's connections have fared since the start of the process.
package struct ConnectionMetrics: Sendable, Hashable {
  package var reconnectAttempt = 0
  package var connectionAttempts = 0
  package var successfulConnections = 0
  package var disconnections = 0
  package var lastConnectTime: Duration?
  /// From an attempt's begin to its open socket.
  package var connectTimes = DurationHistogram()
  package var lastCloseCode: Int?
  package var lastCloseReason: String?
  /// Time in which a connection was wanted and there was none, without the present outage.
  package var pastDowntime: Duration = .zero
  /// When the present outage began; nil while connected or not wanted.
  package var downSince: Duration?

  package init() {}

  /// Successes for each attempt, 0 to 1; an attempt under way has not succeeded. Nil before the
  /// first.
  package var successRate: Double? {
    connectionAttempts == 0 ? nil : Double(successfulConnections) / Double(connectionAttempts)
  }

  /// All the time without a wanted connection, up to `uptime`.
  package func downtime(at uptime: Duration) -> Duration {
    pastDowntime + (downSince.map { uptime - $0 } ?? .zero)
  }
}
