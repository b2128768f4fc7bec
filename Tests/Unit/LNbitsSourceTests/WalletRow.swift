import BridgeModel

/// A payment as a wallet of LNbits lists it.
struct WalletRow {
  var id: String
  var hash: String
  /// Millisatoshi; negative is outgoing.
  var amount: Int64
  var fee: Int64 = 0
  /// LNbits' words: `success`, `pending`, `failed`.
  var status = "success"
  var memo = ""
  /// When the invoice was made.
  var time: Timestamp
  var updated: Timestamp
  var walletID: String? = "wallet-1"
  var hasExpiry = true
  /// More JSON fields, each with a comma before it.
  var more = ""
  /// What stands in the list instead.
  var raw: String?

  init(
    _ id: String, _ amount: Int64, fee: Int64 = 0, status: String = "success", at time: Timestamp
  ) {
    self.id = id
    hash = id.hasPrefix("internal_") ? String(id.dropFirst("internal_".count)) : id
    self.amount = amount
    self.fee = fee
    self.status = status
    self.time = time
    updated = time
  }

  /// What it adds to LNbits' balance.
  var effect: Int64 {
    switch (amount < 0, status) {
    case (false, "success"), (true, "success"), (true, "pending"): amount - abs(fee)
    default: 0
    }
  }

  var json: String {
    if let raw { return raw }
    let wallet = walletID.map { "\"wallet_id\":\"\($0)\"," } ?? ""
    return """
      {"checking_id":"\(id)","payment_hash":"\(hash)",\(wallet)"amount":\(amount),"fee":\(fee),\
      "bolt11":"lnbc1","payment_request":"lnbc1","fiat_provider":null,"status":"\(status)",\
      "memo":"\(memo)","expiry":\(hasExpiry ? "\"2026-11-21T04:08:48\"" : "null"),"webhook":null,\
      "preimage":"00","tag":null,"time":"\(Self.iso(time))","created_at":"\(Self.iso(time))",\
      "updated_at":"\(Self.iso(updated))","labels":[],"extra":{}\(more)}
      """
  }

  /// A frame that tells of it.
  func frame(balance: Int64?) -> String {
    balance.map { "{\"wallet_balance\":\($0),\"payment\":\(json)}" } ?? "{\"payment\":\(json)}"
  }

  /// As LNbits writes times: microseconds and an offset, no fraction on a whole second.
  private static func iso(_ time: Timestamp) -> String {
    let text = time.rfc3339.dropLast()
    return (time.milliseconds % 1000 == 0 ? text.dropLast(4) : text + "000") + "+00:00"
  }
}
