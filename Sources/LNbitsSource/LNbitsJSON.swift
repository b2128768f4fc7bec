import BridgeModel
import FoundationEssentials

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
    guard let wire = try? JSONDecoder().decode(FrameWire.self, from: Data(text.utf8)),
      wire.balance != nil || wire.payment != nil,
      (wire.balance?.magnitude ?? 0) <= maximumFrameSatoshi.magnitude
    else { return nil }
    return Frame(balanceSatoshi: wire.balance, payment: wire.payment)
  }

  /// `GET /api/v1/wallet`.
  static func wallet(_ body: [UInt8]) -> (name: String, balance: Millisatoshi)? {
    guard let wire = try? JSONDecoder().decode(WalletWire.self, from: Data(body)),
      let balance = Millisatoshi(checking: wire.balance)
    else { return nil }
    return (wire.name ?? "", balance)
  }

  /// `GET /api/v1/payments/paginated`: `{"data": […]}`, and nothing else. A proxy's `[]` must not pass for a wallet
  /// that never had a payment.
  static func payments(_ body: [UInt8]) -> [PaymentRow]? {
    try? JSONDecoder().decode(PageWire.self, from: Data(body)).data
  }

  /// `info.version` of `GET /openapi.json`.
  static func version(_ body: [UInt8]) -> String? {
    try? JSONDecoder().decode(OpenAPIWire.self, from: Data(body)).info.version
  }

  /// `{"detail": "…"}`, LNbits' own way to say no.
  static func detail(_ body: [UInt8]) -> String? {
    try? JSONDecoder().decode(DetailWire.self, from: Data(body)).detail
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

extension PaymentRow: Decodable {
  private enum Key: String, CodingKey {
    case checkingID = "checking_id"
    case paymentHash = "payment_hash"
    case walletID = "wallet_id"
    case amount, fee, status, pending, memo, description, extra, tag, time, expiry
    case createdAt = "created_at"
    case updatedAt = "updated_at"
  }

  init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    paymentHash = try row.decode(String.self, forKey: .paymentHash)
    checkingID = (try? row.decode(String.self, forKey: .checkingID)) ?? paymentHash
    walletID = try? row.decode(String.self, forKey: .walletID)
    let signed = try row.decode(Int64.self, forKey: .amount)
    let charged = try row.decodeIfPresent(Int64.self, forKey: .fee) ?? 0
    guard let amount = Millisatoshi(checking: signed), let fee = Millisatoshi(checking: charged),
      Millisatoshi(checking: amount.magnitude.value + fee.magnitude.value) != nil,
      (1...Self.maximumIDBytes).contains(checkingID.utf8.count),
      (1...Self.maximumIDBytes).contains(paymentHash.utf8.count)
    else { throw DecodingError.dataCorruptedError(forKey: .amount, in: row, debugDescription: "") }
    self.amount = amount
    self.fee = fee.magnitude
    status = try Self.status(row)
    let text = (try? row.decode(String.self, forKey: .memo)) ?? ""
    memo = text.isEmpty ? (try? row.decode(String.self, forKey: .description)) ?? "" : text
    extra = (try? row.decode(ExtraWire.self, forKey: .extra))?.extra ?? PaymentExtra()
    if let tag = try? row.decode(String.self, forKey: .tag), !tag.isEmpty { extra.tag = tag }
    updatedAt = Self.time(row, .updatedAt)
    createdAt = Self.time(row, .time) ?? Self.time(row, .createdAt)
    hasExpiry = (try? row.decodeNil(forKey: .expiry)) == false
  }

  /// Longer ids are nothing that LNbits makes.
  private static let maximumIDBytes = 256

  /// `status` from 1.0 on, `pending` before.
  private static func status(_ row: KeyedDecodingContainer<Key>) throws -> Payment.Status {
    switch try? row.decode(String.self, forKey: .status) {
    case "success": return .settled
    case "pending": return .pending
    case "failed": return .failed
    default: return try row.decode(Bool.self, forKey: .pending) ? .pending : .settled
    }
  }

  /// ISO 8601 from 1.0 on, seconds since the epoch before.
  private static func time(_ row: KeyedDecodingContainer<Key>, _ key: Key) -> Timestamp? {
    if let text = try? row.decode(String.self, forKey: key) { return Timestamp(rfc3339: text) }
    guard let seconds = try? row.decode(Int64.self, forKey: key),
      (0...253_402_300_799).contains(seconds)
    else { return nil }
    return Timestamp(milliseconds: seconds * 1000)
  }
}

private struct FrameWire: Decodable {
  var balance: Int64?
  var payment: PaymentRow?

  enum CodingKeys: String, CodingKey {
    case balance = "wallet_balance"
    case payment
  }
}

private struct WalletWire: Decodable {
  var name: String?
  var balance: Int64
}

private struct PageWire: Decodable {
  var data: [PaymentRow]
}

private struct OpenAPIWire: Decodable {
  struct Info: Decodable {
    var version: String
  }

  var info: Info
}

private struct DetailWire: Decodable {
  var detail: String
}

/// The parts of `extra` that mean something to a person. An absent one is asked for in the way that throws nothing:
/// most frames have none of them. Extensions write what they like there, so whatever has another type than expected
/// counts as absent.
private struct ExtraWire: Decodable {
  var extra = PaymentExtra()

  private enum Key: String, CodingKey {
    case tag, comment
    case fiatAmount = "fiat_amount"
    case fiatCurrency = "fiat_currency"
    case walletFiatAmount = "wallet_fiat_amount"
    case walletFiatCurrency = "wallet_fiat_currency"
  }

  init(from decoder: any Decoder) throws {
    let wire = try decoder.container(keyedBy: Key.self)
    extra.tag = try? wire.decodeIfPresent(String.self, forKey: .tag)
    extra.comment =
      (try? wire.decodeIfPresent(String.self, forKey: .comment))
      ?? (try? wire.decodeIfPresent([String].self, forKey: .comment))?.joined(separator: " ")
    if let amount = try? wire.decodeIfPresent(Double.self, forKey: .fiatAmount),
      let currency = try? wire.decodeIfPresent(String.self, forKey: .fiatCurrency)
    {
      (extra.fiatAmount, extra.fiatCurrency) = (amount, currency)
    } else if let amount = try? wire.decodeIfPresent(Double.self, forKey: .walletFiatAmount),
      let currency = try? wire.decodeIfPresent(String.self, forKey: .walletFiatCurrency)
    {
      (extra.fiatAmount, extra.fiatCurrency) = (amount, currency)
    }
  }
}
