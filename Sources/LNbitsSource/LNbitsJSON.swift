import BridgeModel
import JSON

/// What LNbits says in JSON, as values. Amounts are whole numbers throughout: a fraction, an exponent beyond
/// Int64 or a NaN is refused, never rounded.
enum LNbitsJSON {
  /// The largest whole amount of sats that a frame may claim.
  static let maximumFrameSatoshi = Millisatoshi.maximum.value / 1000

  /// A socket's frame: `{"wallet_balance": sats, "payment": {…}}`, each part optional.
  struct Frame: Sendable, Hashable {
    var balanceSatoshi: Int64?
    var payment: PaymentRow?
  }

  /// Nil for whatever is not a frame: anyone who knows the key can have any text relayed.
  static func frame(_ text: String) -> Frame? {
    guard let root = JSONDocument(text)?.root, root.isObject else { return nil }
    var frame = Frame()
    if let balance = root["wallet_balance"] {
      guard let satoshi = balance.int64, satoshi.magnitude <= maximumFrameSatoshi.magnitude else {
        return nil
      }
      frame.balanceSatoshi = satoshi
    }
    if let payment = root["payment"] {
      guard let row = PaymentRow(payment) else { return nil }
      frame.payment = row
    }
    return frame.balanceSatoshi == nil && frame.payment == nil ? nil : frame
  }

  /// `GET /api/v1/wallet`.
  static func wallet(_ body: [UInt8]) -> (name: String, balance: Millisatoshi)? {
    guard let root = JSONDocument(body)?.root,
      let balance = root["balance"]?.int64.flatMap(Millisatoshi.init(checking:))
    else { return nil }
    guard let name = root["name"] else { return ("", balance) }
    return name.string.map { ($0, balance) }
  }

  /// `GET /api/v1/payments/paginated`: `{"data": […]}`, and nothing else. A proxy's `[]` must not pass for a wallet
  /// that never had a payment.
  static func payments(_ body: [UInt8]) -> [PaymentRow]? {
    JSONDocument(body)?.root["data"]?.array(PaymentRow.init)
  }

  /// `info.version` of `GET /openapi.json`.
  static func version(_ body: [UInt8]) -> String? {
    JSONDocument(body)?.root["info"]?["version"]?.string
  }

  /// `{"detail": "…"}`, LNbits' own way to say no.
  static func detail(_ body: [UInt8]) -> String? {
    JSONDocument(body)?.root["detail"]?.string
  }
}

/// A payment as LNbits tells it, in a frame or in a list.
struct PaymentRow: Sendable, Hashable {
  var checkingID: String
  var paymentHash: String
  var walletID: String?
  /// Signed: negative is outgoing.
  var amount: Millisatoshi
  /// What it cost, or what is set aside for that; never negative (LNbits' own sign differs by version).
  var fee: Millisatoshi
  var status: Payment.Status
  var memo: String
  var extra: PaymentExtra
  /// When the invoice was made.
  var createdAt: Timestamp?
  /// From LNbits 1.0 on. It moves with settlement from 1.4 on, and never before.
  var updatedAt: Timestamp?
  /// It came from an invoice; what an administrator takes off has none.
  var hasExpiry: Bool

  var direction: Payment.Direction { amount < .zero ? .outgoing : .incoming }
}

extension PaymentRow {
  /// Nil for what is no payment of LNbits' own.
  init?(_ row: JSONElement) {
    guard let paymentHash = row["payment_hash"]?.string,
      let amount = row["amount"]?.int64.flatMap(Millisatoshi.init(checking:)),
      let fee = Self.fee(row["fee"]),
      Millisatoshi(checking: amount.magnitude.value + fee.value) != nil,
      let status = Self.status(row)
    else { return nil }
    self.paymentHash = paymentHash
    checkingID = row["checking_id"]?.string ?? paymentHash
    guard (1...Self.maximumIDBytes).contains(checkingID.utf8.count),
      (1...Self.maximumIDBytes).contains(paymentHash.utf8.count)
    else { return nil }
    walletID = row["wallet_id"]?.string
    self.amount = amount
    self.fee = fee
    self.status = status
    let text = row["memo"]?.string ?? ""
    memo = text.isEmpty ? row["description"]?.string ?? "" : text
    extra = row["extra"].map(PaymentExtra.init) ?? PaymentExtra()
    if let tag = row["tag"]?.string, !tag.isEmpty { extra.tag = tag }
    updatedAt = Self.time(row["updated_at"])
    createdAt = Self.time(row["time"]) ?? Self.time(row["created_at"])
    hasExpiry = row["expiry"] != nil
  }

  /// Longer ids are nothing that LNbits makes.
  private static let maximumIDBytes = 256

  /// Without its sign, which differs by version; nothing where it is absent.
  private static func fee(_ value: JSONElement?) -> Millisatoshi? {
    guard let value else { return .zero }
    return value.int64.flatMap(Millisatoshi.init(checking:))?.magnitude
  }

  /// `status` from 1.0 on, `pending` before.
  private static func status(_ row: JSONElement) -> Payment.Status? {
    switch row["status"]?.string {
    case "success": .settled
    case "pending": .pending
    case "failed": .failed
    default: row["pending"]?.bool.map { $0 ? .pending : .settled }
    }
  }

  /// ISO 8601 from 1.0 on, seconds since the epoch before.
  private static func time(_ value: JSONElement?) -> Timestamp? {
    if let text = value?.string { return Timestamp(rfc3339: text) }
    guard let seconds = value?.int64, (0...253_402_300_799).contains(seconds) else { return nil }
    return Timestamp(milliseconds: seconds * 1000)
  }
}

extension PaymentExtra {
  /// The parts of `extra` that mean something to a person. Extensions write what they like there, so whatever has
  /// another type than expected counts as absent.
  fileprivate init(_ wire: JSONElement) {
    self.init()
    tag = wire["tag"]?.string
    comment =
      wire["comment"]?.string ?? wire["comment"]?.array(\.string)?.joined(separator: " ")
    for (amount, currency) in [
      (wire["fiat_amount"], wire["fiat_currency"]),
      (wire["wallet_fiat_amount"], wire["wallet_fiat_currency"]),
    ] {
      guard let amount = amount?.double, let currency = currency?.string else { continue }
      (fiatAmount, fiatCurrency) = (amount, currency)
      return
    }
  }
}
