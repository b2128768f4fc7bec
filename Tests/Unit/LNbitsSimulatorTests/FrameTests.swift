import BridgeModel
import LNbitsSimulator
import Testing

@Suite("Frames: what a listener of an invoice key gets")
struct FrameTests {
  @Test("An outgoing payment's frame tells the balance that its version tells")
  func outgoingBalance() throws {
    for (behaviour, balance) in [(Behaviour.v1_6_2, Int64(979)), (.v1_4_1, 1000), (.v1_0_0, 1000)] {
      var lab = try Laboratory(behaviour)
      let invoice = try lab.invoice(21, for: lab.bob)
      _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
      let frames = lab.frames(to: lab.alice)
      #expect(frames.map(\.frameBalance) == [balance], "\(behaviour.version)")
      #expect(frames.map(\.frameAmount) == [-21_000], "\(behaviour.version)")
    }
  }

  @Test("The receiver of an internal payment is notified twice by 1.6.2 and once by 1.4.1")
  func receiver() throws {
    for (behaviour, count) in [(Behaviour.v1_6_2, 2), (.v1_4_1, 1)] {
      var lab = try Laboratory(behaviour)
      let invoice = try lab.invoice(21, for: lab.bob)
      _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
      let frames = lab.frames(to: lab.bob)
      #expect(frames.map(\.frameBalance) == Array(repeating: 21, count: count))
      #expect(Set(frames).count == 1)
    }
  }

  @Test("A self-payment has two legs, one hash, and all its frames under one key")
  func selfPayment() throws {
    for (behaviour, count) in [(Behaviour.v1_6_2, 3), (.v1_4_1, 2)] {
      var lab = try Laboratory(behaviour)
      let invoice = try lab.invoice(7, for: lab.alice)
      _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
      let frames = lab.frames(to: lab.alice)
      #expect(frames.count == count)
      #expect(Set(frames.map { $0["payment"]?["payment_hash"]?.stringValue }).count == 1)
      #expect(
        Set(frames.compactMap { $0["payment"]?["checking_id"]?.stringValue })
          == [invoice.paymentHash, "internal_" + invoice.paymentHash])
      #expect(lab.balance(lab.alice) == 1_000_000)
    }
  }

  @Test("A frame has the members of the real one, in their order")
  func shape() throws {
    var lab = try Laboratory()
    let invoice = try lab.invoice(21, for: lab.bob, extra: ["tag": "test"])
    _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
    let deliveries = lab.lnbits.takeDeliveries()
    let text = try #require(deliveries.first { $0.itemID == lab.bob.invoiceKey }?.text)
    var rest = text[...]
    for name in [
      "wallet_balance", "payment", "checking_id", "payment_hash", "wallet_id", "amount", "fee",
      "bolt11", "payment_request", "fiat_provider", "status", "memo", "expiry", "webhook",
      "webhook_status", "preimage", "tag", "extension", "time", "created_at", "updated_at",
      "labels", "extra", "external_id",
    ] {
      let member = "\"\(name)\": "
      let range = try #require(rest.firstRange(of: member), "\(name) is missing or out of order")
      rest = rest[range.upperBound...]
    }
    #expect(text.contains(#""memo": "coffee \u2615""#), "Python escapes what is not ASCII")
    #expect(text.contains(#""tag": "test""#))
    let older = try Laboratory(.v1_4_1)
    #expect(!older.behaviourHasExternalID)
  }

  @Test("The payer's expiry bears no offset, the receiver's does")
  func expiry() throws {
    var lab = try Laboratory()
    let invoice = try lab.invoice(21, for: lab.bob)
    _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
    let deliveries = lab.lnbits.takeDeliveries()
    func expiry(_ key: String) -> String? {
      deliveries.first { $0.itemID == key }
        .flatMap { JSONValue(parsing: $0.text.utf8) }?["payment"]?["expiry"]?.stringValue
    }
    #expect(expiry(lab.alice.invoiceKey) == "2026-11-21T02:38:40")
    #expect(expiry(lab.bob.invoiceKey) == "2026-11-21T02:38:40+00:00")
  }

  @Test("In a burst every frame carries the final balance, in whole satoshi rounded down")
  func burst() throws {
    var lab = try Laboratory()
    _ = try lab.payOutside(1_500, .settles(after: .zero, fee: Millisatoshi(700)))
    _ = lab.lnbits.takeDeliveries()
    var ids: [String] = []
    for _ in 0..<5 { ids.append(try lab.invoice(10, for: lab.alice).checkingID) }
    lab.lnbits.payFromOutside(checkingIDs: ids, now: lab.now)
    #expect(lab.balance(lab.alice) == 1_047_800)
    #expect(lab.frames(to: lab.alice).map(\.frameBalance) == Array(repeating: 1047, count: 5))
  }

  @Test("A frame goes to both keys and, shortened, to the payment hash")
  func listeners() throws {
    var lab = try Laboratory()
    let row = try lab.lnbits.credit(
      wallet: lab.bob.id, satoshi: 5, now: lab.now, using: &lab.random)
    let deliveries = lab.lnbits.takeDeliveries()
    #expect(
      deliveries.map(\.itemID) == [lab.bob.invoiceKey, lab.bob.adminKey, row.paymentHash])
    #expect(deliveries.last?.text == #"{"pending": false, "status": "success"}"#)
  }

  @Test("A repeated notification sends another frame and moves updated_at, and changes no money")
  func repeated() throws {
    var lab = try Laboratory()
    let id = try lab.invoice(10, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, now: lab.now)
    let first = lab.lnbits.ledger.row(checkingID: id)
    lab.wait(.seconds(1))
    try lab.lnbits.repeatNotification(checkingID: id, now: lab.now)
    let second = lab.lnbits.ledger.row(checkingID: id)
    #expect(lab.frames(to: lab.alice).count == 2)
    #expect(try #require(first?.updatedAt) < #require(second?.updatedAt))
    #expect(lab.balance(lab.alice) == 1_010_000)
  }

  @Test("With a frame delay REST knows of a payment before the socket does")
  func restAhead() throws {
    var behaviour = Behaviour.v1_4_1
    behaviour.frameDelay = .seconds(2)
    var lab = try Laboratory(behaviour)
    lab.wait(.seconds(3))
    _ = lab.lnbits.takeDeliveries()
    let id = try lab.invoice(10, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, now: lab.now)
    #expect(lab.get("/api/v1/wallet")["balance"] == 1_010_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
    lab.wait(.seconds(2))
    #expect(lab.frames(to: lab.alice).count == 1)
  }

  @Test("With an answer lag the socket knows of a payment before REST does")
  func socketAhead() throws {
    var lab = try Laboratory()
    lab.lnbits.behaviour.answerLag = .seconds(2)
    let id = try lab.invoice(10, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, now: lab.now)
    #expect(lab.frames(to: lab.alice).map(\.frameBalance) == [1010])
    #expect(lab.get("/api/v1/wallet")["balance"] == 1_000_000)
    #expect(!lab.list("/api/v1/payments").contains(id))
    lab.wait(.seconds(2))
    #expect(lab.get("/api/v1/wallet")["balance"] == 1_010_000)
    #expect(lab.list("/api/v1/payments").contains(id))
  }
}

extension Laboratory {
  var behaviourHasExternalID: Bool { lnbits.behaviour.hasExternalID }
}
