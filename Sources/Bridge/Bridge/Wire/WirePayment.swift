import BridgeModel
import JSON

extension JSONWriter {
  /// The contract's payment. Preimages and invoices are not part of it.
  mutating func payment(_ payment: Payment, wallet: String) {
    object { json in
      json.field("wallet", wallet)
      json.field("payment_id", payment.paymentID)
      json.field("payment_hash", payment.paymentHash)
      json.field("direction", payment.direction.rawValue)
      json.field("status", payment.status.rawValue)
      json.field("amount_msat", payment.amount.value)
      json.field("amount_sat", payment.amount.satoshi)
      json.field("fee_msat", payment.fee.value)
      json.field("memo", payment.memo)
      json.field("tag", payment.extra.tag)
      json.field("comment", payment.extra.comment)
      json.field("fiat_amount", payment.extra.fiatAmount)
      json.field("fiat_currency", payment.extra.fiatCurrency)
      json.field("created_at", payment.createdAt)
      json.field("settled_at", payment.settledAt)
      json.field("observed_at", payment.observedAt)
      json.field("late", payment.isLate)
    }
  }

  /// The data of a `balance` event.
  mutating func balanceChange(_ change: BalanceChange, wallet: String) {
    object { json in
      json.field("wallet", wallet)
      json.field("balance_msat", change.amount.value)
      json.field("balance_sat", change.amount.satoshi)
      json.field("change_msat", change.change.value)
      json.field("cause", change.cause.rawValue)
      json.field("confirmed_at", change.confirmedAt)
    }
  }
}
