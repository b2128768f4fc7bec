import BridgeModel

/// What a mint says of a quote or a proof, by either path. What it leaves out is nil.
struct WatchReport: Sendable, Hashable {
  var secret: String
  var state: WatchState
  var amount: Int64?
  var unit: String?
  var expiry: Timestamp?
}

extension WatchKind {
  /// The order of NUT-04, NUT-05 and NUT-07; a state that is not in it is none of this kind's.
  private var order: [WatchState] {
    switch self {
    case .bolt11MintQuote, .bolt12MintQuote: [.unpaid, .paid, .issued]
    case .bolt11MeltQuote, .bolt12MeltQuote: [.unpaid, .pending, .paid]
    case .proofState: [.unspent, .pending, .spent]
    }
  }

  /// Whether a mint's word `next` is news after `previous`, and not an echo or a regression.
  ///
  /// Two ways lead back: a melt quote's PENDING → UNPAID is a payment that failed, and a proof's PENDING → UNSPENT
  /// gives back what such a payment was to spend.
  func admits(_ next: WatchState, after previous: WatchState) -> Bool {
    guard let from = order.firstIndex(of: previous), let to = order.firstIndex(of: next) else {
      return false
    }
    return to > from || (previous == .pending && to == 0)
  }

  /// Nothing follows.
  func isFinal(_ state: WatchState) -> Bool {
    state == order.last || state == .expired || state == .unknown
  }

  func knows(_ state: WatchState) -> Bool { order.contains(state) }
}

extension WatchRecord {
  /// The record after a mint's report; the same when the report says nothing new.
  func updated(by report: WatchReport, at now: Timestamp) -> WatchRecord {
    var next = self
    guard !kind.isFinal(state), kind.knows(report.state) else { return next }
    next.amount = report.amount ?? amount
    next.unit = report.unit ?? unit
    // Notifications leave the expiry out although the quote has one.
    next.expiry = report.expiry ?? expiry
    if kind.admits(report.state, after: state) {
      next.state = report.state
    } else if report.state == .unpaid, state == .unpaid, let expiry = next.expiry,
      now >= expiry + Self.expiryGrace
    {
      next.state = .expired
    }
    if next.state != state || observedAt == nil { next.observedAt = now }
    return next
  }

  /// A payment on its way at the last moment still gets through, and clocks differ.
  static let expiryGrace: Duration = .seconds(60)
}
