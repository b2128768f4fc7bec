import BridgeModel

/// The families that have a sample for each source or wallet.
extension MetricsText {
  private typealias Figure = (SourceReport) -> Number?

  /// One sample for each source that has the figure.
  private mutating func each(
    _ name: StaticString, _ kind: Kind, _ help: StaticString, of reports: [SourceReport],
    by label: String = "source", _ figure: Figure
  ) {
    family(
      name, kind, help,
      reports.compactMap { report in figure(report).map { ([(label, report.name)], $0) } })
  }

  /// For each source one sample for each word: 1 for the one that holds, 0 for the others.
  private mutating func oneHot<Word: CaseIterable & Equatable & RawRepresentable<String>>(
    _ name: StaticString, _ help: StaticString, _ label: String, of reports: [SourceReport],
    _ word: (SourceReport) -> Word?
  ) {
    family(
      name, .gauge, help,
      reports.flatMap { report -> [Sample] in
        guard let word = word(report) else { return [] }
        return Word.allCases.map { candidate in
          ([("source", report.name), (label, candidate.rawValue)], .flag(word == candidate))
        }
      })
  }

  mutating func addWallets(_ reports: [SourceReport], at now: Instant) {
    each(
      "walletwire_balance_msat", .gauge, "Balance that the wallet last confirmed.",
      of: reports, by: "wallet"
    ) { $0.wallet.map { .whole($0.balance.amount.value) } }
    each(
      "walletwire_balance_stale", .gauge, "1 when the bridge cannot vouch for the balance.",
      of: reports, by: "wallet"
    ) { .flag($0.isStale(at: now)) }
    each(
      "walletwire_balance_confirmed_timestamp_seconds", .gauge,
      "When the wallet last confirmed its balance.", of: reports, by: "wallet"
    ) { $0.wallet.map { .real($0.balance.confirmedAt.seconds) } }
    each(
      "walletwire_balance_changed_timestamp_seconds", .gauge, "When the balance last changed.",
      of: reports, by: "wallet"
    ) { $0.wallet.map { .real($0.balance.changedAt.seconds) } }
    each(
      "walletwire_pending_outgoing_msat", .gauge,
      "Amounts and fee reserves of outgoing payments that are pending.", of: reports, by: "wallet"
    ) { $0.wallet.map { .whole($0.pendingOutgoing.value) } }
    each(
      "walletwire_unexplained_msat", .gauge,
      "Difference between the balance and what the payments explain.", of: reports, by: "wallet"
    ) { .whole($0.status.unexplained.value) }
  }

  mutating func addPublished(_ published: PublishedCounts, wallets: [String]) {
    let rows = published.totals.filter { wallets.contains($0.key.wallet) }.map { kind, total in
      (
        labels: [
          ("wallet", kind.wallet), ("direction", kind.direction.rawValue),
          ("status", kind.status.rawValue),
        ] as [Label], total: total
      )
    }.sorted { left, right in
      left.labels.map(\.value).lexicographicallyPrecedes(right.labels.map(\.value))
    }
    family(
      "walletwire_payments_published_total", .counter, "Payment events published.",
      rows.map { ($0.labels, .whole($0.total.payments)) })
    family(
      "walletwire_payments_published_msat_total", .counter,
      "Amounts of the payment events published, without fees.",
      rows.map { ($0.labels, .whole($0.total.amount)) })
    family(
      "walletwire_payment_fees_published_msat_total", .counter,
      "Fees of the payment events published; of pending ones the reserve.",
      rows.map { ($0.labels, .whole($0.total.fee)) })
    family(
      "walletwire_balances_published_total", .counter, "Balance events published.",
      wallets.map { ([("wallet", $0)], .whole(published.balances[$0] ?? 0)) })
    histogram(
      "walletwire_payment_lag_seconds",
      "From a payment's settlement, by the wallet's clock, to its event; late ones aside.",
      wallets.map { (("wallet", $0), published.lags[$0] ?? DurationHistogram()) })
    family(
      "walletwire_corrections_published_total", .counter,
      "Balance events published that no payment explains.",
      wallets.map { ([("wallet", $0)], .whole(published.corrections[$0] ?? 0)) })
  }

  mutating func addStates(_ reports: [SourceReport], at now: Instant) {
    family(
      "walletwire_source_info", .gauge, "Always 1; the labels tell what the source is.",
      reports.map { report in
        (
          [
            ("source", report.name), ("kind", report.kind.rawValue),
            ("server_version", report.status.serverVersion ?? ""),
            ("trust", report.status.trust ?? ""),
          ], .whole(1)
        )
      })
    oneHot(
      "walletwire_source_state", "1 for the state that the source is in.", "state", of: reports
    ) { $0.status.state }
    oneHot(
      "walletwire_source_delivery", "1 for the way in which changes reach the bridge.", "delivery",
      of: reports
    ) { $0.status.delivery }
    oneHot(
      "walletwire_source_books", "1 for what the books say of the balance.", "books", of: reports
    ) { $0.status.books }
    each(
      "walletwire_source_state_seconds", .gauge, "Time in the present state.", of: reports
    ) { .real((now.uptime - $0.status.since.uptime).seconds) }
  }

  mutating func addConnections(_ reports: [SourceReport], at now: Instant) {
    each(
      "walletwire_connection_attempts_total", .counter, "Attempts to connect.", of: reports
    ) { .count($0.status.metrics.connectionAttempts) }
    each(
      "walletwire_connections_total", .counter, "Attempts that led to a connection.", of: reports
    ) { .count($0.status.metrics.successfulConnections) }
    each(
      "walletwire_disconnections_total", .counter, "Connections lost.", of: reports
    ) { .count($0.status.metrics.disconnections) }
    each(
      "walletwire_reconnect_attempt", .gauge, "Failed attempts in a row.", of: reports
    ) { .count($0.status.metrics.reconnectAttempt) }
    each(
      "walletwire_downtime_seconds_total", .counter,
      "Time in which a connection was wanted and there was none.", of: reports
    ) { .real($0.status.metrics.downtime(at: now.uptime).seconds) }
    histogram(
      "walletwire_connect_seconds", "How long attempts took that opened a socket.",
      reports.map { (("source", $0.name), $0.status.metrics.connectTimes) })
    histogram(
      "walletwire_reconcile_seconds", "How long rounds of questions to the upstream took.",
      reports.map { (("source", $0.name), $0.status.reconcileTimes) })
    each(
      "walletwire_heartbeat_seconds", .gauge, "Round trip of the last heartbeat.", of: reports
    ) { $0.status.heartbeatRoundTrip.map { .real($0.seconds) } }
    each(
      "walletwire_reconcile_age_seconds", .gauge, "Time since the last reconcile ended.",
      of: reports
    ) { $0.status.lastReconcileAt.map { .real((now.uptime - $0.uptime).seconds) } }
    each(
      "walletwire_last_frame_timestamp_seconds", .gauge, "When the last frame came.", of: reports
    ) { $0.status.lastFrameAt.map { .real($0.seconds) } }
  }

  mutating func addDeliveries(_ reports: [SourceReport]) {
    family(
      "walletwire_frames_total", .counter, "Frames from the upstream, by what became of them.",
      reports.flatMap { report -> [Sample] in
        let frames = report.status.frames
        let taken = frames.received - frames.rejected - frames.duplicate
        return [
          ("accepted", taken), ("rejected", frames.rejected), ("duplicate", frames.duplicate),
        ]
        .map { ([("source", report.name), ("outcome", $0)], .count(max($1, 0))) }
      })
    each(
      "walletwire_payments_without_frame_total", .counter,
      "Settled payments for which no frame came.", of: reports
    ) { .count($0.status.paymentsWithoutFrame) }
    each(
      "walletwire_rows_skipped_total", .counter,
      "Elements of the upstream's lists that could not be read.", of: reports
    ) { .count($0.status.rowsSkipped) }
  }

  mutating func addProcess(_ figures: ProcessFigures) {
    single(
      "process_resident_memory_bytes", .gauge, "Resident memory size.",
      figures.residentBytes.map { .whole($0) })
    single(
      "process_virtual_memory_bytes", .gauge, "Virtual memory size.",
      figures.virtualBytes.map { .whole($0) })
    single(
      "process_open_fds", .gauge, "Open file descriptors.",
      figures.openDescriptors.map { .count($0) })
    single(
      "process_max_fds", .gauge, "Most file descriptors that may be open.",
      figures.maximumDescriptors.map { .whole($0) })
    single(
      "process_cpu_seconds_total", .counter, "User and system time spent.",
      figures.cpuSeconds.map { .real($0) })
    single(
      "process_start_time_seconds", .gauge, "When the process started, since the epoch.",
      figures.startSeconds.map { .real($0) })
  }
}

extension Timestamp {
  /// Seconds since the epoch, as Prometheus tells times.
  fileprivate var seconds: Double { Double(milliseconds) / 1000 }
}
