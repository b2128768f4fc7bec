import BridgeModel
import JSON

/// A payment as LNbits tells it, in a frame or in a list.
package struct PaymentRow: Sendable, Hashable {
  var checkingID: String
  var paymentHash: String
  var walletID: String?
  /// Signed: negative is outgoing.
  var amount: Millisatoshi
  /// What it cost, or what is set aside for that; never negative (LNbits' own sign differs by
  /// version).
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
  /// These times came without a zone (``UpstreamZone``); they are read as if in UTC.
  var createdLacksZone = false
  var updatedLacksZone = false

  var direction: Payment.Direction { amount < .zero ? .outgoing : .incoming }
}

// MARK: Reading

extension PaymentRow {
  /// Longer ids are nothing that LNbits makes: 64 hexadecimal digits and a prefix.
  static let maximumIDBytes = 256

  /// - Throws: ``UnreadableRow`` for what is no payment of LNbits' own. What only describes a
  ///   payment (its memo, what extensions attach) counts as absent where it has another type than
  ///   expected; what identifies it, its money, its status and its times do not.
  init(_ row: JSONElement) throws(UnreadableRow) {
    do throws(Fault) {
      try self.init(checking: row)
    } catch {
      throw UnreadableRow(row, error)
    }
  }

  fileprivate struct Fault: Error {
    /// Completes "payment x cannot be read: …".
    let what: String

    init(_ what: String) { self.what = what }
  }

  private init(checking row: JSONElement) throws(Fault) {
    guard row.isObject else { throw Fault("it is no object") }
    guard let hash = try Self.id(row["payment_hash"], "payment_hash") else {
      throw Fault("it has no payment_hash")
    }
    paymentHash = hash
    checkingID = try Self.id(row["checking_id"], "checking_id") ?? hash
    walletID = try Self.id(row["wallet_id"], "wallet_id")
    guard let amount = try Self.money(row["amount"], "amount") else {
      throw Fault("it has no amount")
    }
    self.amount = amount
    fee = try Self.money(row["fee"], "fee")?.magnitude ?? .zero
    guard Millisatoshi(checking: amount.magnitude.value + fee.value) != nil else {
      throw Fault("its amount and fee are more than all the money there is")
    }
    status = try Self.status(row)
    let text = row["memo"]?.memo ?? ""
    memo = text.isEmpty ? row["description"]?.memo ?? "" : text
    extra = row["extra"].map(PaymentExtra.init) ?? PaymentExtra()
    if let tag = row["tag"]?.name, !tag.isEmpty { extra.tag = tag }
    (updatedAt, updatedLacksZone) = try Self.time(row["updated_at"], "updated_at")
    let created = try Self.time(row["created_at"], "created_at")
    let time = try Self.time(row["time"], "time")
    (createdAt, createdLacksZone) = time.moment == nil ? created : time
    hasExpiry = row["expiry"] != nil
  }

  /// Nil where it is absent.
  private static func id(
    _ value: JSONElement?, _ name: String
  ) throws(Fault) -> String? {
    guard let value else { return nil }
    // One byte more tells that it is longer.
    guard let id = value.string(atMost: maximumIDBytes + 4) else {
      throw Fault("its \(name) is no text")
    }
    guard !id.isEmpty else { throw Fault("its \(name) is empty") }
    guard id.utf8.count <= maximumIDBytes else {
      throw Fault("its \(name) is longer than \(maximumIDBytes) bytes")
    }
    return id
  }

  /// Nil where it is absent.
  private static func money(
    _ value: JSONElement?, _ name: String
  ) throws(Fault) -> Millisatoshi? {
    guard let value else { return nil }
    guard let number = value.int64 else { throw Fault("its \(name) is no whole number of msat") }
    guard let money = Millisatoshi(checking: number) else {
      throw Fault("its \(name) is more than all the money there is")
    }
    return money
  }

  /// `status` from 1.0 on, `pending` before. A word that is not known says nothing, and `pending`
  /// beside it neither: an invoice that has expired is not pending, and not settled.
  private static func status(_ row: JSONElement) throws(Fault) -> Payment.Status {
    guard let status = row["status"] else {
      guard let isPending = row["pending"]?.bool else { throw Fault("it has no status") }
      return isPending ? .pending : .settled
    }
    switch status.string(atMost: maximumIDBytes) {
    case "success": return .settled
    case "pending": return .pending
    case "failed": return .failed
    case let word? where isWord(word): throw Fault("its status is \"\(word)\"")
    default: throw Fault("its status is not known")
    }
  }

  /// Short and plain enough to be shown: nothing that could be a key.
  private static func isWord(_ text: String) -> Bool {
    (1...24).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
      }
  }

  /// The year 9999 ends with it.
  private static let maximumSeconds = 253_402_300_799.0

  /// ISO 8601 from 1.0 on, seconds since the epoch before. Nil where it is absent.
  private static func time(
    _ value: JSONElement?, _ name: String
  ) throws(Fault) -> (moment: Timestamp?, lacksZone: Bool) {
    guard let value else { return (nil, false) }
    if let text = value.string(atMost: maximumIDBytes), let time = Timestamp(rfc3339: text) {
      return (time, !Timestamp.namesZone(text))
    }
    guard let seconds = value.double, (0...maximumSeconds).contains(seconds) else {
      throw Fault("its \(name) is no time")
    }
    // LNbits 0.12 makes these of its database's local time.
    return (Timestamp(milliseconds: Int64(seconds * 1000)), true)
  }
}

extension UnreadableRow {
  fileprivate init(_ row: JSONElement, _ fault: PaymentRow.Fault) {
    let ids = [row["checking_id"], row["payment_hash"]].map {
      $0?.string(atMost: PaymentRow.maximumIDBytes)
    }
    let id = ids[0] ?? ids[1]
    fingerprint =
      id.map(SkippedRows.digest(of:)) ?? SkippedRows.digest(row.source)
    paymentHash = ids[1]
    let name = id.map { "payment " + UpstreamText.cut($0, to: 80) } ?? "a payment without an id"
    message = "\(name) cannot be read and is passed over: \(fault.what)"
  }

  /// The books would not hold it.
  init(_ payment: Payment) {
    fingerprint = SkippedRows.digest(of: payment.paymentID)
    paymentHash = payment.paymentHash
    message =
      "payment \(UpstreamText.cut(payment.paymentID, to: 80)) is passed over: with it, the"
      + " wallet's payments add up to more than all the money there is"
  }
}

// MARK: What describes it

extension JSONElement {
  /// A text that people wrote, as much of it as is kept; nil for what is none.
  var memo: String? { text(UpstreamText.maximumMemoBytes) }

  /// A name, a tag, a version, as much of it as is kept; nil for what is none.
  var name: String? { text(UpstreamText.maximumNameBytes) }

  func text(_ maximumBytes: Int) -> String? {
    // A little more, so that the cut sees whether the last character is whole.
    string(atMost: maximumBytes + 64).map { UpstreamText.cut($0, to: maximumBytes) }
  }
}

extension PaymentExtra {
  /// The parts of `extra` that mean something to a person. Extensions write what they like there,
  /// so whatever has another type than expected counts as absent.
  fileprivate init(_ wire: JSONElement) {
    self.init()
    tag = wire["tag"]?.name
    comment = wire["comment"].flatMap(Self.comment)
    for (amount, currency) in [
      (wire["fiat_amount"], wire["fiat_currency"]),
      (wire["wallet_fiat_amount"], wire["wallet_fiat_currency"]),
    ] {
      guard let amount = amount?.double, let currency = currency?.name else { continue }
      (fiatAmount, fiatCurrency) = (amount, currency)
      return
    }
  }

  /// A text, or several; what is none among them is passed over.
  private static func comment(_ wire: JSONElement) -> String? {
    if let text = wire.memo { return text }
    guard let texts = wire.elements?.prefix(maximumComments).compactMap(\.memo), !texts.isEmpty
    else { return nil }
    return UpstreamText.cut(texts.joined(separator: " "), to: UpstreamText.maximumMemoBytes)
  }

  /// More than these would not fit anyway.
  private static let maximumComments = 100
}
