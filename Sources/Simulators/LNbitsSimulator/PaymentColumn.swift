import BridgeModel

/// A value of the payment table as filters and orders compare it.
enum PaymentColumn: Sendable, Hashable {
  case text(String)
  case number(Int64)

  /// The columns that filters know. `updated_at` and `created_at` are not among them, in no
  /// version.
  static func value(of field: String, in row: PaymentRow) -> PaymentColumn? {
    switch field {
    case "status": .text(row.status.rawValue)
    case "tag": row.tag.map(PaymentColumn.text)
    case "checking_id": .text(row.checkingID)
    case "amount": .number(row.amount.value)
    case "fee": .number(row.fee.value)
    case "memo": .text(row.memo)
    case "time": .number(row.createdAt.microseconds)
    case "preimage": row.preimage.map(PaymentColumn.text)
    case "payment_hash": .text(row.paymentHash)
    case "wallet_id": .text(row.walletID)
    default: nil
    }
  }

  /// A filter's value read as the column's type; nil when the field is unknown or the text is not
  /// of its type.
  static func parse(_ text: String, for field: String) -> PaymentColumn? {
    switch field {
    case "amount", "fee": Int64(text).map(PaymentColumn.number)
    // Filter times lose their fraction.
    case "time":
      Timestamp(rfc3339: text).map { .number(Stamp($0).wholeSecond.microseconds) }
    case "status", "tag", "checking_id", "memo", "preimage", "payment_hash", "wallet_id",
      "external_id", "labels":
      .text(text)
    default: nil
    }
  }

  /// Below zero when `left` comes first, zero when they are alike.
  static func order(_ left: PaymentRow, _ right: PaymentRow, by field: String) -> Int {
    switch field {
    case "created_at": compare(left.createdAt, right.createdAt)
    case "updated_at":
      compare(
        left.updatedAt ?? Stamp(microseconds: .min), right.updatedAt ?? Stamp(microseconds: .min))
    default: order(value(of: field, in: left), value(of: field, in: right))
    }
  }

  /// Nothing sorts before something, as in SQLite; so it is last when descending.
  private static func order(_ left: PaymentColumn?, _ right: PaymentColumn?) -> Int {
    switch (left, right) {
    case (nil, nil): 0
    case (nil, _): -1
    case (_, nil): 1
    case (let left?, let right?): compare(left, right)
    }
  }

  private static func compare<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left == right ? 0 : left < right ? -1 : 1
  }
}

extension PaymentColumn: Comparable {
  static func < (left: PaymentColumn, right: PaymentColumn) -> Bool {
    switch (left, right) {
    case (.text(let left), .text(let right)): left < right
    case (.number(let left), .number(let right)): left < right
    case (.number, .text): true
    case (.text, .number): false
    }
  }
}
