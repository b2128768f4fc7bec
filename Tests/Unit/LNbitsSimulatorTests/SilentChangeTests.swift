import BridgeModel
import LNbitsSimulator
import Testing

@Suite("Balance changes that send no frame")
struct SilentChangeTests {
  @Test("A pending outgoing payment takes amount and reserve at once")
  func pending() throws {
    var lab = try Laboratory()
    _ = try lab.payOutside(12_000, .staysPending)
    #expect(lab.balance(lab.alice) == 1_000_000 - 12_000 - 2_000)
    _ = try lab.payOutside(500_000, .staysPending)
    #expect(lab.balance(lab.alice) == 986_000 - 500_000 - 5_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("A failure gives everything back, keeps the reserve in the fee column, and is silent")
  func failure() throws {
    var lab = try Laboratory()
    let row = try lab.payOutside(11_000, .fails(after: .seconds(1)))
    lab.wait(.seconds(1))
    let failed = lab.lnbits.ledger.row(checkingID: row.checkingID)
    #expect(failed?.status == .failed)
    #expect(failed?.fee == Millisatoshi(-2_000))
    #expect(try #require(failed?.updatedAt) > row.createdAt)
    #expect(lab.balance(lab.alice) == 1_000_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("A settlement within LNbits' wait sends one frame, with the fee; a later one sends none")
  func settlement() throws {
    for (delay, frames) in [(Duration.seconds(5), [Int64(988)]), (.seconds(6), [])] {
      var lab = try Laboratory()
      let row = try lab.payOutside(10_000, .settles(after: delay, fee: Millisatoshi(1_234)))
      #expect(row.status == .pending)
      lab.wait(delay)
      #expect(lab.balance(lab.alice) == 1_000_000 - 10_000 - 1_234)
      #expect(lab.frames(to: lab.alice).map(\.frameBalance) == frames)
    }
  }

  @Test("Before 1.4.2 the frame of an external payment tells the balance before amount and fee")
  func settlementBefore() throws {
    var lab = try Laboratory(.v1_4_1)
    _ = try lab.payOutside(10_000, .settles(after: .seconds(1), fee: Millisatoshi(1_234)))
    lab.wait(.seconds(1))
    #expect(lab.frames(to: lab.alice).map(\.frameBalance) == [1000])
  }

  @Test(
    "What the node first calls pending ends silently, be it ever so quick",
    arguments: [
      (ExternalOutcome.pendingThenSettles(after: .seconds(1), fee: Millisatoshi(700)), 987_300),
      (.pendingThenFails(after: .seconds(1)), 1_000_000),
      (
        .failsThenSettles(
          failsAfter: .seconds(1), settlesAfter: .seconds(1), fee: Millisatoshi(500)), 987_500
      ),
    ] as [(ExternalOutcome, Int64)])
  func silentEnd(outcome: ExternalOutcome, balance: Int64) throws {
    var lab = try Laboratory()
    _ = try lab.payOutside(12_000, outcome)
    lab.wait(.seconds(1))
    #expect(lab.balance(lab.alice) == balance)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("A failed payment can settle later")
  func failedThenSettled() throws {
    var lab = try Laboratory()
    let row = try lab.payOutside(
      12_000,
      .failsThenSettles(
        failsAfter: .seconds(1), settlesAfter: .seconds(60), fee: Millisatoshi(500)))
    lab.wait(.seconds(30))
    #expect(lab.balance(lab.alice) == 1_000_000)
    lab.wait(.seconds(30))
    #expect(lab.lnbits.ledger.row(checkingID: row.checkingID)?.status == .success)
    #expect(lab.balance(lab.alice) == 987_500)
  }

  @Test("A node with ids of its own renames the row, and leaves it an updated_at in the past")
  func renamed() throws {
    var lab = try Laboratory()
    let row = try lab.payOutside(
      12_000,
      .settlesRenamed(after: .seconds(1), fee: Millisatoshi(500), checkingID: "node-77"))
    lab.wait(.milliseconds(1_200))
    #expect(lab.lnbits.ledger.row(checkingID: row.checkingID) == nil)
    let renamed = try #require(lab.lnbits.ledger.row(checkingID: "node-77"))
    #expect(renamed.paymentHash == row.paymentHash)
    #expect(renamed.status == .success)
    #expect(renamed.updatedAt?.microseconds.isMultiple(of: 1_000_000) == true)
    let frame = try #require(lab.frames(to: lab.alice).first?["payment"])
    #expect(frame["checking_id"] == "node-77")
    #expect(frame["updated_at"]?.stringValue != renamed.updatedAt?.iso8601)
    let shown = lab.get("/api/v1/payments/paginated?checking_id=node-77")["data"]?.elements.first
    #expect(shown?["updated_at"] == "2026-11-21T01:38:41+00:00", "no fraction where it is zero")
  }

  @Test("A debit sends none, a credit does")
  func administrator() throws {
    var lab = try Laboratory()
    let row = try lab.lnbits.debit(
      wallet: lab.alice.id, satoshi: 300, now: lab.now, using: &lab.random)
    #expect(row.checkingID == "internal_" + row.paymentHash)
    #expect(row.preimage == nil && row.expiry == nil && row.updatedAt == row.createdAt)
    #expect(lab.frames(to: lab.alice).isEmpty)
    _ = try lab.lnbits.credit(wallet: lab.alice.id, satoshi: 1, now: lab.now, using: &lab.random)
    #expect(lab.frames(to: lab.alice).map(\.frameBalance) == [701])
    #expect(throws: PaymentRefusal.insufficientBalance) {
      try lab.lnbits.debit(
        wallet: lab.alice.id, satoshi: 702, now: lab.now, using: &lab.random)
    }
  }

  @Test("An incoming payment that LNbits finds by itself is silent", arguments: [0, 3])
  func found(seconds: Int) throws {
    var lab = try Laboratory()
    let id = try lab.invoice(40, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(
      checkingID: id, after: .seconds(seconds), discovery: .checked, now: lab.now)
    lab.wait(.seconds(seconds))
    #expect(lab.balance(lab.alice) == 1_040_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("A GET of a pending payment settles it silently; a list does not")
  func settledByAsking() throws {
    var lab = try Laboratory()
    let id = try lab.invoice(40, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, discovery: .whenAsked, now: lab.now)
    _ = lab.get("/api/v1/payments")
    #expect(lab.balance(lab.alice) == 1_000_000)
    let answer = lab.get("/api/v1/payments/\(id)")
    #expect(answer["paid"] == true)
    #expect(answer["status"] == "success")
    #expect(lab.balance(lab.alice) == 1_040_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("The pending check can be asked for through the paginated list")
  func recheck() throws {
    var lab = try Laboratory()
    let id = try lab.invoice(40, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, discovery: .whenAsked, now: lab.now)
    let page = lab.get("/api/v1/payments/paginated?payment_hash=\(id)&recheck_pending=true")
    #expect(page["data"]?.elements.first?["status"] == "success")
    #expect(lab.balance(lab.alice) == 1_040_000)
  }

  @Test("An edited amount is silent and moves updated_at, unless it was done in the database")
  func edit() throws {
    var lab = try Laboratory()
    let id = try lab.invoice(40, for: lab.alice).checkingID
    try lab.lnbits.payFromOutside(checkingID: id, now: lab.now)
    _ = lab.lnbits.takeDeliveries()
    let before = lab.lnbits.ledger.row(checkingID: id)?.updatedAt
    try lab.lnbits.editAmount(
      checkingID: id, to: Millisatoshi(50_000), isTouched: false, now: lab.now)
    #expect(lab.lnbits.ledger.row(checkingID: id)?.updatedAt == before)
    try lab.lnbits.editAmount(checkingID: id, to: Millisatoshi(60_000), now: lab.now)
    #expect(lab.lnbits.ledger.row(checkingID: id)?.updatedAt != before)
    #expect(lab.balance(lab.alice) == 1_060_000)
    #expect(lab.frames(to: lab.alice).isEmpty)
  }

  @Test("An invoice past its hour turns into a failure when somebody asks")
  func expired() throws {
    var lab = try Laboratory()
    let id = try lab.invoice(40, for: lab.alice).checkingID
    lab.wait(.seconds(3_602))
    #expect(lab.get("/api/v1/payments/\(id)")["status"] == "failed")
    #expect(lab.lnbits.ledger.row(checkingID: id)?.labels == ["expired"])
  }

  @Test("A payment needs its amount and the reserve, and nobody's wallet goes below zero")
  func refusals() throws {
    var lab = try Laboratory(satoshi: 10)
    #expect(throws: PaymentRefusal.insufficientBalance) {
      try lab.payOutside(10_001, .staysPending)
    }
    #expect(throws: PaymentRefusal.insufficientReserve(Millisatoshi(2_000))) {
      try lab.payOutside(8_001, .staysPending)
    }
    _ = try lab.payOutside(8_000, .staysPending)
    #expect(lab.balance(lab.alice) == 0)
  }

  @Test("A payment that is forgotten leaves no trace, and what its node says later is of no effect")
  func forgotten() throws {
    var lab = try Laboratory()
    let kept = try lab.payOutside(3000, .staysPending)
    let row = try lab.payOutside(
      12_000, .pendingThenSettles(after: .seconds(9), fee: Millisatoshi(700)))
    _ = try lab.payOutside(4000, .staysPending)
    let balance = lab.balance(lab.alice)
    #expect(try lab.lnbits.forgetPayment(checkingID: row.checkingID, now: lab.now) == row)
    #expect(lab.balance(lab.alice) == balance + 14_000)
    #expect(lab.lnbits.ledger.row(checkingID: row.checkingID) == nil)
    #expect(lab.lnbits.ledger.rows(paymentHash: row.paymentHash).isEmpty)
    #expect(lab.lnbits.ledger.row(checkingID: kept.checkingID) == kept)
    lab.wait(.seconds(10))
    #expect(lab.balance(lab.alice) == balance + 14_000 && lab.frames(to: lab.alice).isEmpty)
    #expect(throws: PaymentRefusal.self) {
      try lab.lnbits.forgetPayment(checkingID: row.checkingID, now: lab.now)
    }
  }
}
