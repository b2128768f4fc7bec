import BridgeModel
import LNbitsSimulator

/// What really happened in a wallet: every state of every payment, every balance that ever was.
struct Truth {
  struct State: Hashable {
    var status: Payment.Status
    var amount: Millisatoshi
    /// As the contract tells it: what it cost, or what is set aside.
    var fee: Millisatoshi
  }

  struct Leg {
    var direction: Payment.Direction
    /// In order; never empty.
    var states: [State]
    /// The upstream may rename a payment when it settles: what it was called before, and is called
    /// since.
    var formerID: String?
    var laterID: String?
  }

  /// By payment id.
  private(set) var legs: [String: Leg] = [:]
  /// In order of appearance.
  private(set) var order: [String] = []
  private(set) var balances: Set<Millisatoshi> = []
  private(set) var balance: Millisatoshi = .zero
  /// Outgoing legs that may still be renamed, by payment hash.
  private var pendingIDs: [String: String] = [:]

  mutating func note(_ row: PaymentRow) {
    let status: Payment.Status =
      switch row.status {
      case .pending: .pending
      case .success: .settled
      case .failed: .failed
      }
    let state = State(
      status: status, amount: row.amount.magnitude,
      fee: status == .failed ? .zero : row.fee.magnitude)
    if legs[row.checkingID] == nil {
      let formerID = row.isOutgoing ? pendingIDs[row.paymentHash] : nil
      if let formerID { legs[formerID]?.laterID = row.checkingID }
      legs[row.checkingID] = Leg(
        direction: row.isOutgoing ? .outgoing : .incoming, states: [], formerID: formerID)
      order.append(row.checkingID)
    }
    if row.isOutgoing { pendingIDs[row.paymentHash] = row.checkingID }
    if legs[row.checkingID]?.states.last != state { legs[row.checkingID]?.states.append(state) }
  }

  /// Its row is gone, and what it had set aside is given back: it has failed.
  mutating func noteForgotten(_ paymentID: String) {
    guard let last = legs[paymentID]?.states.last else { return }
    legs[paymentID]?.states.append(State(status: .failed, amount: last.amount, fee: .zero))
  }

  mutating func note(balance: Millisatoshi) {
    self.balance = balance
    balances.insert(balance)
  }

  /// What outgoing payments that are pending have set aside.
  var pendingOutgoing: Millisatoshi {
    legs.values.reduce(.zero) { sum, leg in
      guard leg.direction == .outgoing, leg.laterID == nil, let state = leg.states.last,
        state.status == .pending
      else { return sum }
      return sum + state.amount + state.fee
    }
  }

  /// Whether the payment ever was what a bridge says it is.
  func bears(_ payment: Payment) -> Bool {
    guard let leg = legs[payment.paymentID], leg.direction == payment.direction else {
      return false
    }
    return leg.states.contains(
      State(status: payment.status, amount: payment.amount, fee: payment.fee))
  }
}

/// What a bridge has said of one wallet, over all its lives.
struct Told {
  /// By payment id: the statuses in which it is known, in order. The first may have been taken in
  /// silently.
  var statuses: [String: [Payment.Status]] = [:]
  var effects: [String: Millisatoshi] = [:]
  var importedAt: Timestamp?
  /// The last published balance; nil before the first.
  var balance: Millisatoshi?
  /// The balance that the payments told explain.
  var explained: Millisatoshi = .zero

  /// What was told of a payment under its former id holds under its new one.
  mutating func rename(_ former: String, _ new: String) {
    if let known = statuses.removeValue(forKey: former) { statuses[new] = known }
    if let effect = effects.removeValue(forKey: former) { effects[new] = effect }
  }
}
