import BridgeModel

/// One configured source, what drives it, and whether a connection is wanted.
struct SourceEntry {
  var settings: WalletSettings
  let driver: SourceDriver
  let gateway: OriginGateway
  /// For looking its payments up in the store.
  var identity: BookIdentity
  var isPaused = false
  /// What the driver was told last; nil before it was told anything.
  var told: Wanted?

  enum Wanted: Hashable {
    case connected
    case down(SourceReason)
  }

  var report: SourceReport {
    SourceReport(
      name: settings.name, label: settings.label, kind: driver.kind, status: driver.status,
      wallet: driver.wallet, freshness: settings.upstream.reconcileInterval * 2)
  }
}
