/// One payment as the contract tells it: a leg in one wallet, identified there by ``paymentID``.
package struct Payment: Sendable, Hashable {
  package enum Direction: String, Sendable {
    case incoming
    case outgoing
  }

  package enum Status: String, Sendable {
    case pending
    case settled
    case failed
  }

  /// The upstream's `checking_id`. Two legs of a self-payment share ``paymentHash`` but not this.
  package var paymentID: String
  package var paymentHash: String
  package var direction: Direction
  package var status: Status
  /// Never negative, without the fee.
  package var amount: Millisatoshi
  /// Never negative. While ``status`` is pending this is the fee reserve that the wallet has set
  /// aside.
  package var fee: Millisatoshi
  package var memo: String
  package var extra: PaymentExtra
  package var createdAt: Timestamp
  /// The upstream's own time of settlement where it has one, else when it was first seen settled;
  /// never changes once set. Nil unless ``status`` is settled.
  package var settledAt: Timestamp?
  /// When this bridge first saw the present status.
  package var observedAt: Timestamp
  /// It settled before the present socket opened, or more than ten seconds before it was seen.
  package var isLate: Bool

  package init(
    paymentID: String, paymentHash: String, direction: Direction, status: Status,
    amount: Millisatoshi, fee: Millisatoshi, memo: String, extra: PaymentExtra = PaymentExtra(),
    createdAt: Timestamp, settledAt: Timestamp?, observedAt: Timestamp, isLate: Bool
  ) {
    self.paymentID = paymentID
    self.paymentHash = paymentHash
    self.direction = direction
    self.status = status
    self.amount = amount
    self.fee = fee
    self.memo = memo
    self.extra = extra
    self.createdAt = createdAt
    self.settledAt = settledAt
    self.observedAt = observedAt
    self.isLate = isLate
  }

  /// What this payment, in its present status, adds to the wallet's balance. LNbits takes a pending
  /// outgoing payment off at once, reserve included, and gives it back when it fails.
  package var balanceEffect: Millisatoshi {
    switch (direction, status) {
    case (.incoming, .settled): amount - fee
    case (.outgoing, .settled), (.outgoing, .pending): -(amount + fee)
    case (.incoming, _), (.outgoing, .failed): .zero
    }
  }
}

/// What LNbits' extensions attach to a payment, as far as it is of use to somebody who watches a
/// till.
package struct PaymentExtra: Sendable, Hashable {
  /// The extension that made it, such as `tpos` or `lnurlp`.
  package var tag: String?
  /// The payer's comment (LNURL-pay, LUD-12).
  package var comment: String?
  /// The amount in ``fiatCurrency``, as LNbits computed it then; the decimal number as it was
  /// written.
  package var fiatAmount: Double?
  /// ISO 4217.
  package var fiatCurrency: String?

  package init(
    tag: String? = nil, comment: String? = nil, fiatAmount: Double? = nil,
    fiatCurrency: String? = nil
  ) {
    self.tag = tag
    self.comment = comment
    self.fiatAmount = fiatAmount
    self.fiatCurrency = fiatCurrency
  }
}
