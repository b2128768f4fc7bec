import BridgeModel

/// One configured source, what drives it, and whether a connection is wanted.
struct SourceEntry {
  var settings: SourceSettings
  let driver: SourceDriver
  let gateway: OriginGateway
  /// For looking a wallet's payments up in the store; nil for a mint, which has none.
  var book: BookIdentity?
  /// The origin under which the store keeps a mint's watches; nil for a wallet, which has none.
  var watchOrigin: String?
  var isPaused = false
  /// What the driver was told last; nil before it was told anything.
  var told: Wanted?

  enum Wanted: Hashable {
    case connected
    case down(SourceReason)
  }

  var name: String { settings.name }

  var report: SourceReport {
    SourceReport(
      name: settings.name, label: settings.label, kind: driver.kind, status: driver.status,
      wallet: driver.wallet, freshness: settings.upstream.reconcileInterval * 2)
  }
}
