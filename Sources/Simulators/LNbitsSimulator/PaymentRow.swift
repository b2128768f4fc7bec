package import BridgeModel

/// One row of LNbits' payment table: one leg of a payment, in one wallet.
package struct PaymentRow: Sendable, Hashable {
  package enum Status: String, Sendable {
    case pending
    case success
    case failed
  }

  /// Unique in the table. `internal_` and the hash for the paying leg of an internal payment.
  package var checkingID: String
  package let paymentHash: String
  package let walletID: String
  /// Signed: negative goes out.
  package var amount: Millisatoshi
  /// Zero or negative: the fee, or the reserve while an outgoing payment is pending and after it
  /// failed.
  package var fee: Millisatoshi
  package var status: Status
  package var memo: String
  package let invoice: String
  package let preimage: String?
  package let expiry: Stamp?
  /// LNbits' `time` and `created_at`: when the row was made, not when it was paid.
  package let createdAt: Stamp
  /// From 1.4 on the time of the last change; before, that of creation. Nil in rows that came from
  /// an old version without one: such a row claims at every read that it has just changed.
  package var updatedAt: Stamp?
  package var labels: [String] = []
  package var extra: JSONValue

  package var isOutgoing: Bool { amount < .zero }

  /// What it adds to the wallet's balance: settled incoming, and outgoing that is settled or
  /// pending.
  package var balanceEffect: Millisatoshi {
    switch (isOutgoing, status) {
    case (_, .success), (true, .pending): amount - fee.magnitude
    case (false, .pending), (_, .failed): .zero
    }
  }

  /// `extra.tag`, which LNbits copies into a column.
  package var tag: String? { extra["tag"]?.stringValue }

  /// The row as REST and frames show it.
  ///
  /// - Parameters:
  ///   - isFresh: It has not been read back from the database yet: the expiry bears no offset.
  ///   - now: What is invented for an `updated_at` that the database does not have.
  func json(isFresh: Bool, behaviour: Behaviour, now: Stamp) -> JSONValue {
    let invoice = JSONValue.string(invoice)
    var members: [JSONValue.Member] = [
      .init("checking_id", .string(checkingID)), .init("payment_hash", .string(paymentHash)),
      .init("wallet_id", .string(walletID)), .init("amount", .integer(amount.value)),
      .init("fee", .integer(fee.value)), .init("bolt11", invoice),
      .init("payment_request", invoice), .init("fiat_provider", nil),
      .init("status", .string(status.rawValue)), .init("memo", .string(memo)),
      .init("expiry", JSONValue(isFresh ? expiry?.withoutOffset : expiry?.iso8601)),
      .init("webhook", nil), .init("webhook_status", nil), .init("preimage", JSONValue(preimage)),
      .init("tag", JSONValue(tag)), .init("extension", nil),
      .init("time", .string(createdAt.iso8601)), .init("created_at", .string(createdAt.iso8601)),
      .init("updated_at", .string((updatedAt ?? now).iso8601)),
      .init("labels", .array(labels.map(JSONValue.string))), .init("extra", extra),
    ]
    if behaviour.hasExternalID { members.append(.init("external_id", nil)) }
    return .object(members)
  }
}
