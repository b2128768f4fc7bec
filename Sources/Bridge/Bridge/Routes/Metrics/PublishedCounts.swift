import BridgeModel

/// What was published since the start of the process.
struct PublishedCounts: Sendable {
  struct Kind: Sendable, Hashable {
    var wallet: String
    var direction: Payment.Direction
    var status: Payment.Status
  }

  /// A watch's step to another state.
  struct Transition: Sendable, Hashable {
    var mint: String
    var kind: WatchKind
    var state: WatchState
  }

  struct Total: Sendable, Equatable {
    var payments: Int64 = 0
    /// Without fees, in millisatoshi. It starts again at zero where it would not fit, as counters
    /// may.
    var amount: Int64 = 0
    /// In millisatoshi; of pending payments the reserve.
    var fee: Int64 = 0
  }

  private(set) var totals: [Kind: Total] = [:]
  /// By wallet: balance events, corrections among them.
  private(set) var balances: [String: Int64] = [:]
  /// By wallet: how long after its settlement a payment was published, unless it was late.
  private(set) var lags: [String: DurationHistogram] = [:]
  /// By wallet: differences that no payment explains.
  private(set) var corrections: [String: Int64] = [:]
  private(set) var transitions: [Transition: Int64] = [:]

  mutating func count(_ event: BridgeEvent, of source: String) {
    switch event {
    case .payment(let payment):
      let kind = Kind(wallet: source, direction: payment.direction, status: payment.status)
      var total = totals[kind] ?? Total()
      total.payments += 1
      total.amount = Self.sum(total.amount, payment.amount.value)
      total.fee = Self.sum(total.fee, payment.fee.value)
      totals[kind] = total
      if payment.status == .settled, !payment.isLate, let settledAt = payment.settledAt {
        lags[source, default: DurationHistogram()].add(payment.observedAt - settledAt)
      }
    case .balance(let change):
      balances[source, default: 0] += 1
      if change.cause == .correction { corrections[source, default: 0] += 1 }
    case .watch(let step):
      transitions[Transition(mint: source, kind: step.kind, state: step.state), default: 0] += 1
    }
  }

  private static func sum(_ total: Int64, _ amount: Int64) -> Int64 {
    let (sum, overflows) = total.addingReportingOverflow(amount)
    return overflows ? amount : sum
  }
}
