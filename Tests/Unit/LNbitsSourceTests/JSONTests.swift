import BridgeModel
import Testing

@testable import LNbitsSource

/// What LNbits says in JSON, and what others may put in its place.
@Suite struct JSONTests {
  private func parse(_ fields: String) -> PaymentRow? {
    (try? PaymentList(Array(#"{"data":[{\#(fields)}]}"#.utf8)))?.rows.first
  }

  private let least = #""payment_hash":"h","amount":1000,"status":"success""#

  @Test func `a row of 1_6_2 is read with all that matters`() throws {
    let row = try #require(
      parse(
        """
        "checking_id":"internal_h","payment_hash":"h","wallet_id":"w","amount":-21000,"fee":-12,
        "bolt11":"lnbc","status":"success","memo":"coffee <b>hi</b> & ☕",
        "expiry":"2026-11-21T04:08:48",
        "preimage":"7c3d","tag":"tpos","time":"2026-11-21T03:08:48.288039+00:00",
        "created_at":"2026-11-21T03:08:48.288040+00:00","updated_at":"2026-11-21T03:08:49+00:00",
        "labels":[],"extra":{"tag":"x","comment":"thx","fiat_amount":1.5,"fiat_currency":"EUR"}
        """))
    #expect(
      row
        == PaymentRow(
          checkingID: "internal_h", paymentHash: "h", walletID: "w", amount: Millisatoshi(-21_000),
          fee: Millisatoshi(12), status: .settled, memo: "coffee <b>hi</b> & ☕",
          extra: PaymentExtra(
            tag: "tpos", comment: "thx", fiatAmount: 1.5, fiatCurrency: "EUR"),
          createdAt: Timestamp(rfc3339: "2026-11-21T03:08:48.288Z"),
          updatedAt: Timestamp(rfc3339: "2026-11-21T03:08:49Z"), hasExpiry: true))
  }

  @Test func `a row of 0_12 is read too`() throws {
    let row = try #require(
      parse(
        #""checking_id":"c","payment_hash":"h","pending":true,"amount":-5000,"fee":-100,"#
          + #""memo":null,"time":1694123456,"extra":null,"expiry":1694127056.5"#))
    #expect(row.status == .pending && row.memo == "" && row.hasExpiry)
    #expect(row.createdAt == Timestamp(milliseconds: 1_694_123_456_000) && row.updatedAt == nil)
    #expect(parse(#""payment_hash":"h","pending":false,"amount":1"#)?.status == .settled)
  }

  @Test func `the least is a hash, an amount and a status`() throws {
    let row = try #require(parse(least))
    #expect(row.checkingID == "h" && row.walletID == nil && row.fee == .zero && !row.hasExpiry)
    #expect(row.createdAt == nil && row.updatedAt == nil)
  }

  @Test(arguments: [
    #""amount":1,"status":"success""#, #""payment_hash":"h","status":"success""#,
    #""payment_hash":"h","amount":1"#, #""payment_hash":7,"amount":1,"status":"success""#,
    #""payment_hash":"h","amount":"1","status":"success""#,
    #""payment_hash":"h","amount":1.5,"status":"success""#,
    #""payment_hash":"h","amount":1e19,"status":"success""#,
    #""payment_hash":"h","amount":null,"status":"success""#,
    #""payment_hash":"h","amount":2100000000000000001,"status":"success""#,
    #""payment_hash":"h","amount":1,"fee":2100000000000000000,"status":"success""#,
    #""payment_hash":"h","amount":1,"fee":"0","status":"success""#,
    #""payment_hash":"h","amount":1,"status":"paid""#,
    #""payment_hash":"","amount":1,"status":"success""#,
    #""payment_hash":"h","checking_id":"","amount":1,"status":"success""#,
  ])
  func `what is not clearly a payment is none`(fields: String) {
    #expect(parse(fields) == nil)
  }

  @Test func `an id longer than LNbits makes any is refused`() {
    let id = String(repeating: "a", count: 256)
    #expect(parse(#""payment_hash":"\#(id)","amount":1,"status":"success""#) != nil)
    #expect(parse(#""payment_hash":"\#(id)a","amount":1,"status":"success""#) == nil)
  }

  @Test(arguments: [
    (#""extra":{}"#, PaymentExtra()), (#""extra":null"#, PaymentExtra()),
    (#""extra":[1,2]"#, PaymentExtra()), (#""extra":"tag""#, PaymentExtra()),
    (
      #""extra":{"tag":7,"comment":{"a":1},"fiat_amount":"1","fiat_currency":"EUR"}"#,
      PaymentExtra()
    ),
    (#""tag":"lnurlp""#, PaymentExtra(tag: "lnurlp")),
    (#""tag":"","extra":{"tag":"x"}"#, PaymentExtra(tag: "x")),
    (#""extra":{"comment":["a","b"]}"#, PaymentExtra(comment: "a b")),
    (
      #""extra":{"wallet_fiat_amount":0.1,"wallet_fiat_currency":"USD"}"#,
      PaymentExtra(fiatAmount: 0.1, fiatCurrency: "USD")
    ),
    (#""extra":{"fiat_amount":3}"#, PaymentExtra()),
  ])
  func `extensions may write what they like into extra`(fields: String, extra: PaymentExtra) {
    #expect(parse(least + "," + fields)?.extra == extra)
  }

  @Test func `times that are not there are absent`() throws {
    let row = try #require(parse(least + #","time":null,"updated_at":null"#))
    #expect(row.createdAt == nil && row.updatedAt == nil)
  }

  @Test(
    arguments: [
      (#"{"wallet_balance":877}"#, 877, false),
      (#"{"wallet_balance":0,"payment":null}"#, 0, false),
      (#"{"wallet_balance":-3}"#, -3, false),
      (#"{"payment":{"payment_hash":"h","amount":1,"status":"success"},"more":[]}"#, nil, true),
      (#"{"wallet_balance":2100000000000000}"#, 2_100_000_000_000_000, false),
    ] as [(String, Int64?, Bool)])
  func `a frame has a balance, a payment, or both`(
    text: String, balance: Int64?, hasPayment: Bool
  ) throws {
    let frame = try #require(LNbitsJSON.frame(text))
    #expect(frame.balanceSatoshi == balance && (frame.payment != nil) == hasPayment)
  }

  @Test func `lists come in pages, and as nothing else`() {
    let row = "{\(least)}"
    func length(_ text: String) -> Int? { (try? PaymentList(Array(text.utf8)))?.elements.count }
    #expect(length(#"{"data":[\#(row)],"total":1}"#) == 1)
    #expect(length(#"{"data":[],"total":0}"#) == 0)
    for text in ["[\(row)]", "[]", #"{"detail":"no"}"#, #"{"data":{}}"#, "\u{FF}", ""] {
      #expect(length(text) == nil)
    }
  }
}
