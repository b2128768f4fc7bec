import BridgeModel
import Testing

@testable import Bridge

@Suite("Payments as CSV")
struct PaymentsCSVTests {
  @Test(
    "A text is quoted, and what could begin a formula gets an apostrophe",
    arguments: [
      ("", #""""#), ("coffee", #""coffee""#), ("a \"b\"", #""a ""b""""#), ("a,b", #""a,b""#),
      ("=1+1", #""'=1+1""#), ("+1", #""'+1""#), ("-1", #""'-1""#), ("@a", #""'@a""#),
      ("a=1", #""a=1""#), ("2 - 1 @ home", #""2 - 1 @ home""#), ("'=1", #""'=1""#),
      // In full width.
      ("\u{FF1D}1", "\"'\u{FF1D}1\""), ("\u{FF0B}1", "\"'\u{FF0B}1\""),
      ("\u{FF0D}1", "\"'\u{FF0D}1\""), ("\u{FF20}1", "\"'\u{FF20}1\""),
      // Behind what is trimmed or has no form; joined to what follows.
      (" =1", #""' =1""#), ("\u{A0}\u{3000}=1", "\"'\u{A0}\u{3000}=1\""),
      ("\t=1", "\"'\t'=1\""), ("\r\n=1", "\"'\r\n'=1\""), ("\n1", "\"'\n1\""),
      ("\u{301}=1", "\"'\u{301}=1\""), ("=\u{301}1", "\"'=\u{301}1\""),
      ("\u{FEFF}=1", "\"'\u{FEFF}=1\""), ("\u{202E}=1", "\"'\u{202E}=1\""),
      ("\0=1", "\"'\u{FFFD}=1\""), ("\"=1", #""'""=1""#),
      // Where a semicolon, a tab or a line end begins the next cell.
      ("x;=1", #""x;'=1""#), ("x\t=1", "\"x\t'=1\""), ("x; \"=1", #""x; ""'=1""#),
      ("x\r\n@1", "\"x\r\n'@1\""), ("x|\u{FF1D}1", "\"x|'\u{FF1D}1\""), ("x,-1", #""x,'-1""#),
      ("x;;\u{301}+1", "\"x;;\u{301}'+1\""), ("x\u{2028}=1", "\"x\u{2028}'=1\""),
      ("a\u{1B}[31m", "\"a\u{FFFD}[31m\""),
    ])
  func cell(_ text: String, _ cell: String) {
    // Scalars: a mark may belong to the sign before it.
    #expect(Array(PaymentsCSV.text(text).unicodeScalars) == Array(cell.unicodeScalars))
  }

  @Test("A text of separators alone is read once")
  func length() {
    let text = String(repeating: ";", count: 1_000_000)
    #expect(PaymentsCSV.text(text).utf8.count == 1_000_002)
  }

  @Test("Columns keep their order, and numbers are not quoted")
  func row() throws {
    let time = Timestamp(milliseconds: 0)
    let payment = Payment(
      paymentID: "id", paymentHash: "hash", direction: .outgoing, status: .pending,
      amount: Millisatoshi(1500), fee: Millisatoshi(2), memo: "tea, green",
      extra: PaymentExtra(tag: "tpos"), createdAt: time, settledAt: nil, observedAt: time,
      isLate: false)
    let document = PaymentsCSV.document([(payment, "main")])
    #expect(
      String(decoding: document, as: UTF8.self)
        == "wallet,payment_id,payment_hash,direction,status,amount_msat,fee_msat,memo,tag,"
        + "comment,created_at,settled_at,observed_at,late\r\n"
        + #""main","id","hash","outgoing","pending",1500,2,"tea, green","tpos","","#
        + #""1970-01-01T00:00:00.000Z","","1970-01-01T00:00:00.000Z",false"# + "\r\n")
  }
}
