import BridgeModel
import LNbitsSource

/// An event in one line, as far as tests compare it.
enum Told: Hashable, CustomStringConvertible {
  case payment(String, Payment.Status)
  /// Balance, change and cause.
  case balance(Int64, Int64, BalanceChange.Cause)

  var description: String {
    switch self {
    case .payment(let id, let status): "\(id) \(status.rawValue)"
    case .balance(let amount, let change, let cause): "\(amount) (\(change), \(cause.rawValue))"
    }
  }
}

extension World {
  var told: [Told] {
    events.compactMap {
      switch $0 {
      case .payment(let payment): .payment(payment.paymentID, payment.status)
      case .balance(let change): .balance(change.amount.value, change.change.value, change.cause)
      case .watch: nil
      }
    }
  }

  /// The payments that were published.
  var payments: [Payment] {
    events.compactMap { if case .payment(let payment) = $0 { payment } else { nil } }
  }

  /// A payment appears at LNbits, now.
  @discardableResult
  mutating func add(
    _ id: String, _ amount: Int64, fee: Int64 = 0, status: String = "success",
    change: (inout WalletRow) -> Void = { _ in }
  ) -> WalletRow {
    var row = WalletRow(id, amount, fee: fee, status: status, at: now.wall)
    change(&row)
    lnbits.rows.append(row)
    return row
  }

  /// A payment changes at LNbits, now.
  mutating func update(_ id: String, _ change: (inout WalletRow) -> Void) {
    for index in lnbits.rows.indices where lnbits.rows[index].id == id {
      lnbits.rows[index].updated = now.wall
      change(&lnbits.rows[index])
    }
  }

  /// The frame that LNbits sends of a payment in its table, with the present balance.
  mutating func announce(_ id: String) {
    guard let row = lnbits.rows.first(where: { $0.id == id }) else { return }
    frame(row.frame(balance: Millisatoshi(lnbits.balance).satoshi))
  }
}
