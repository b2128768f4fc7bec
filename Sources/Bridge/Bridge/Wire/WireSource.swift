package import BridgeModel
import JSON

/// A source as the routes show it: what it says of itself, and what the configuration calls it.
package struct SourceReport: Sendable {
  package var name: String
  package var label: String
  package var kind: SourceKind
  package var status: SourceStatus
  package var wallet: WalletView?
  /// A number confirmed longer ago than this is stale.
  package var freshness: Duration

  package init(
    name: String, label: String, kind: SourceKind, status: SourceStatus, wallet: WalletView?,
    freshness: Duration
  ) {
    self.name = name
    self.label = label
    self.kind = kind
    self.status = status
    self.wallet = wallet
    self.freshness = freshness
  }
}

extension SourceReport {
  /// The bridge cannot vouch for the number. A step of the machine's clock changes nothing of that.
  func isStale(at now: Instant) -> Bool {
    guard status.state == .connected, let confirmed = wallet?.balance.confirmedUptime else {
      return true
    }
    return now.uptime - confirmed > freshness
  }
}

extension JSONWriter {
  /// The contract's balance object. The number must have been confirmed once.
  mutating func balance(
    _ view: WalletView, of report: SourceReport, lastEventID: EventID, now: Instant
  ) {
    object { json in
      json.field("wallet", report.name)
      json.field("label", report.label)
      json.field("balance_msat", view.balance.amount.value)
      json.field("balance_sat", view.balance.amount.satoshi)
      json.field("confirmed_at", view.balance.confirmedAt)
      json.field("changed_at", view.balance.changedAt)
      json.field("pending_outgoing_msat", view.pendingOutgoing.value)
      json.field("state", report.status.state.rawValue)
      json.field("reason", report.status.reason?.rawValue)
      json.field("stale", report.isStale(at: now))
      json.field("last_event_id", lastEventID.description)
    }
  }

  /// A source in a snapshot, and among those that keep the bridge from being ready.
  mutating func sourceState(_ report: SourceReport) {
    object { json in
      json.field("name", report.name)
      json.field("state", report.status.state.rawValue)
      json.field("reason", report.status.reason?.rawValue)
    }
  }

  /// The data of a `status` event.
  mutating func statusEvent(_ report: SourceReport) {
    object { json in
      json.field("name", report.name)
      json.field("kind", report.kind.rawValue)
      json.field("state", report.status.state.rawValue)
      json.field("reason", report.status.reason?.rawValue)
      json.field("next_retry_at", report.status.nextRetryAt)
    }
  }

  /// A source in `GET /api/v1/status`.
  mutating func source(_ report: SourceReport, now: Instant) {
    let status = report.status
    let metrics = status.metrics
    object { json in
      json.field("name", report.name)
      json.field("label", report.label)
      json.field("kind", report.kind.rawValue)
      json.field("state", status.state.rawValue)
      json.field("reason", status.reason?.rawValue)
      json.field("since", status.since.wall)
      json.field("next_retry_at", status.nextRetryAt)
      json.field("reconnect_attempt", metrics.reconnectAttempt)
      json.field("connection_attempts", metrics.connectionAttempts)
      json.field("successful_connections", metrics.successfulConnections)
      json.field("success_rate", metrics.successRate.map { ($0 * 1000).rounded() / 1000 })
      json.field("last_connect_ms", metrics.lastConnectTime?.roundedMilliseconds)
      json.field(
        "downtime_seconds", (metrics.downtime(at: now.uptime).seconds * 1000).rounded() / 1000)
      json.field("disconnections", metrics.disconnections)
      json.field("last_close_code", metrics.lastCloseCode.map(Int64.init))
      json.field("last_close_reason", metrics.lastCloseReason)
      json.field("last_frame_at", status.lastFrameAt)
      json.field("heartbeat_rtt_ms", status.heartbeatRoundTrip?.roundedMilliseconds)
      json.field("last_reconcile_at", status.lastReconcileAt?.wall)
      json.field("books", status.books?.rawValue)
      json.field("unexplained_msat", status.books.map { _ in status.unexplained.value })
      json.field("corrections_msat", status.books.map { _ in status.corrections.value })
      json.field("last_correction_at", status.lastCorrectionAt)
      json.field("rows_skipped", status.rowsSkipped)
      json.field("frames_received", status.frames.received)
      json.field("frames_rejected", status.frames.rejected)
      json.field("frames_duplicate", status.frames.duplicate)
      json.field("payments_without_frame", status.paymentsWithoutFrame)
      json.field("server_version", status.serverVersion)
      json.field("upstream_name", status.upstreamName)
      json.field("trust", status.trust)
      json.field("delivery", status.delivery.rawValue)
      json.field("last_error", status.lastError)
    }
  }
}

extension Duration {
  /// Milliseconds with three decimals.
  var roundedMilliseconds: Double { (seconds * 1_000_000).rounded() / 1000 }
}
