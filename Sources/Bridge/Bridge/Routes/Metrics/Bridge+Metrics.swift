import BridgeModel
import HTTPServer
import Storage

/// `GET /metrics`, from what the bridge knows: nothing is asked upstream.
extension Bridge {
  func metrics() async -> HTTPResponse {
    let watches = await watchCounts()
    let now = clock.now()
    let reports = entries.map(\.report)
    var metrics = MetricsText()
    addBridge(to: &metrics, at: now)
    let wallets = entries.filter { $0.book != nil }
    metrics.addWallets(wallets.map(\.report), at: now)
    metrics.addPublished(published, wallets: wallets.map(\.name))
    metrics.addWatches(watches, published: published.transitions)
    metrics.addStates(reports, at: now)
    metrics.addConnections(reports, at: now)
    metrics.addDeliveries(reports)
    metrics.addProcess(.current())
    return HTTPResponse(
      status: 200,
      headers: ["Content-Type": MetricsText.contentType, "Cache-Control": "no-store"],
      body: Array(metrics.text.utf8))
  }

  private func addBridge(to metrics: inout MetricsText, at now: Instant) {
    metrics.family(
      "walletwire_build_info", .gauge, "Always 1; the label tells the version.",
      [([("version", version)], .whole(1))])
    metrics.single(
      "walletwire_uptime_seconds", .gauge, "Time since the bridge started.",
      .real((now.uptime - startedAt.uptime).seconds))
    metrics.single(
      "walletwire_subscribers", .gauge, "Open event streams.", .count(hub?.subscriberCount ?? 0))
    metrics.single(
      "walletwire_subscribers_max", .gauge, "Event streams that are admitted at once.",
      .count(maximumSubscribers))
    metrics.single(
      "walletwire_subscribers_refused_total", .counter,
      "Event streams for which there was no place.",
      .whole(subscribersRefused))
    if let server { metrics.addServer(server.counts, server.outcomes) }
    metrics.single(
      "walletwire_sessions", .gauge, "Sessions kept, those that have just expired included.",
      .count(sessions.count))
    metrics.single(
      "walletwire_last_event_sequence", .gauge, "The number in the id of the last durable event.",
      .whole(lastEventID.sequence))
    metrics.single(
      "walletwire_storage_ok", .gauge, "0 when the last write to the store failed.",
      .flag(storageTrouble == nil))
    metrics.single(
      "walletwire_storage_warning", .gauge,
      "1 when the store's disk is filling up, or the last checkpoint failed.",
      storageHealth.map { .flag($0.warning != nil) })
    metrics.single(
      "walletwire_storage_free_bytes", .gauge, "Space left on the store's file system.",
      storageHealth?.freeBytes.map { .whole($0) })
    metrics.single(
      "walletwire_store_size_bytes", .gauge, "Size of the store with its write-ahead log.",
      storageHealth?.sizeBytes.map { .whole($0) })
  }
}
