package import BridgeModel

/// What a mint says of a quote or a proof, by either path. What it leaves out is nil.
package struct WatchReport: Sendable, Hashable {
  var secret: String
  package var state: WatchState
  var amount: Int64?
  var unit: String?
  /// Only a quote that can be paid more than once has these (NUT-25); both or neither.
  var amountPaid: Int64?
  var amountIssued: Int64?
  var expiry: Timestamp?
}

extension WatchState {
  /// Of a quote that has two sums instead of a state (NUT-25).
  init(paid: Int64, issued: Int64) {
    self = paid <= 0 ? .unpaid : issued < paid ? .paid : .issued
  }
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
  /// Two ways lead back: a melt quote's PENDING → UNPAID is a payment that failed, and a proof's
  /// PENDING → UNSPENT gives back what such a payment was to spend. EXPIRED is our own word for an
  /// UNPAID, so what may follow that may follow it.
  func admits(_ next: WatchState, after previous: WatchState) -> Bool {
    let mintsWord = previous == .expired ? .unpaid : previous
    guard let from = order.firstIndex(of: mintsWord), let to = order.firstIndex(of: next) else {
      return false
    }
    return to > from || (previous == .pending && to == 0)
  }

  /// Nothing follows. A reusable quote can be paid again after everything was issued.
  func isFinal(_ state: WatchState) -> Bool {
    state == .unknown || (state == order.last && !isReusable)
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
    if kind.isReusable, let paid = report.amountPaid, let issued = report.amountIssued {
      next.take(paid: paid, issued: issued)
    } else if kind.admits(report.state, after: state) {
      next.state = report.state
    }
    if report.state == .unpaid, next.state == .unpaid, next.isPastExpiry(at: now) {
      next.state = .expired
    }
    if next.isNews(after: self) || observedAt == nil { next.observedAt = now }
    return next
  }

  /// Sums only grow: a smaller one is an older word that was overtaken.
  private mutating func take(paid: Int64, issued: Int64) {
    let paid = max(paid, amountPaid ?? 0)
    let issued = max(issued, amountIssued ?? 0)
    amountPaid = paid
    amountIssued = issued
    if paid > 0 { state = WatchState(paid: paid, issued: issued) }
  }

  /// Whether subscribers are to be told: another state, or another sum of a reusable quote.
  func isNews(after old: WatchRecord) -> Bool {
    state != old.state || (amountPaid ?? 0) != (old.amountPaid ?? 0)
      || (amountIssued ?? 0) != (old.amountIssued ?? 0)
  }

  /// By this machine's clock.
  private func isPastExpiry(at now: Timestamp) -> Bool {
    expiry.map { now >= $0 + Self.expiryGrace } ?? false
  }

  /// Most likely nothing follows, but the mint may yet say otherwise: a quote that this machine's
  /// clock calls over, and whose money is settled. One whose time turns out not to be over, the
  /// clock having been set, is not at rest.
  func isAtRest(at now: Timestamp) -> Bool {
    (state == .expired || (kind.isReusable && state == .issued)) && isPastExpiry(at: now)
  }

  /// When it came to rest, by this machine's clock.
  var restedAt: Timestamp? {
    [observedAt, expiry].compactMap { $0 }.max()
  }

  /// A payment on its way at the last moment still gets through, and clocks differ.
  static let expiryGrace: Duration = .seconds(60)
}
