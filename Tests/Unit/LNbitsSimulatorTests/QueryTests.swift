import BridgeModel
import LNbitsSimulator
import Testing

@Suite("Payment lists: order, pages, filters")
struct QueryTests {
  /// Alice with a credit, an incoming, a pending outgoing, a failed outgoing and an unpaid invoice.
  private struct Table {
    var lab: Laboratory
    var credit = ""
    var incoming = ""
    var pending = ""
    var failed = ""
    var unpaid = ""

    init(_ behaviour: Behaviour = .v1_6_2) throws {
      lab = try Laboratory(behaviour)
      credit = lab.lnbits.ledger.rows[0].checkingID
      lab.wait(.seconds(1))
      incoming = try lab.invoice(40, for: lab.alice, memo: "Kaffee").checkingID
      lab.wait(.seconds(1))
      pending = try lab.payOutside(12_000, .staysPending).checkingID
      lab.wait(.seconds(1))
      failed = try lab.payOutside(11_000, .fails(after: .zero)).checkingID
      lab.wait(.seconds(1))
      unpaid = try lab.invoice(9, for: lab.alice).checkingID
      lab.wait(.seconds(1))
      try lab.lnbits.payFromOutside(checkingID: incoming, now: lab.now)
    }
  }

  @Test("The plain list is newest time first, with pending ones, without failed ones")
  func plain() throws {
    var table = try Table()
    #expect(
      table.lab.list("/api/v1/payments")
        == [table.unpaid, table.pending, table.incoming, table.credit])
  }

  @Test("The paginated list has the table's order, failed ones, and the count")
  func paginated() throws {
    var table = try Table()
    let page = table.lab.get("/api/v1/payments/paginated?limit=4")
    #expect(
      page["data"]?.elements.map { $0["checking_id"]?.stringValue }
        == [table.credit, table.incoming, table.pending, table.failed])
    #expect(page["total"] == 5)
    #expect(page.memberNames == ["data", "total"])
  }

  @Test("Sorted by updated_at, a payment of long ago that settles now comes first")
  func byUpdate() throws {
    for behaviour in [Behaviour.v1_6_2, .v1_4_1] {
      var table = try Table(behaviour)
      let ids = table.lab.list("/api/v1/payments?sortby=updated_at&direction=desc")
      #expect(ids.first == table.incoming)
    }
  }

  @Test("Before 1.4 nothing moves updated_at and nothing sorts by it")
  func beforeUpdates() throws {
    var table = try Table(.v1_0_0)
    let row = table.lab.lnbits.ledger.row(checkingID: table.incoming)
    #expect(row?.updatedAt == row?.createdAt)
    let response = table.lab.request(
      "GET", "/api/v1/payments?sortby=updated_at",
      headers: ["x-api-key": table.lab.alice.invoiceKey])
    #expect(response.status == 400)
  }

  @Test(
    "Filters",
    arguments: [
      ("status[eq]=pending", ["unpaid", "pending"]), ("status=success", ["incoming", "credit"]),
      ("amount[gt]=40000", ["credit"]), ("amount[ge]=40000", ["incoming", "credit"]),
      ("amount[lt]=0", ["pending"]), ("amount%5Ble%5D=-12000", ["pending"]),
      ("status[ne]=pending", ["incoming", "credit"]), ("memo[like]=kaff", ["incoming"]),
      ("time[ge]=2026-11-21T01:38:42", ["unpaid"]),
      ("time[ge]=2026-11-21T01:38:41.900", ["unpaid", "pending"]),
      ("checking_id[in]={incoming},{credit},nobody", ["incoming", "credit"]),
      ("payment_hash[ex]={incoming}", ["unpaid", "pending", "credit"]),
      ("payment_hash={incoming}&payment_hash={credit}", ["incoming", "credit"]),
      ("payment_hash[in]={failed}", []),
    ])
  func filters(query: String, expected: [String]) throws {
    var table = try Table()
    let names = [
      "credit": table.credit, "incoming": table.incoming, "pending": table.pending,
      "failed": table.failed, "unpaid": table.unpaid,
    ]
    var query = query
    for (name, id) in names { query.replace("{\(name)}", with: id) }
    let ids = table.lab.list("/api/v1/payments?" + query)
    #expect(ids == expected.compactMap { names[$0] })
  }

  @Test(
    "Unknown and malformed filters are ignored without a word",
    arguments: [
      "nope=3", "updated_at[ge]=2030-01-01T00:00:00", "created_at[ge]=2030-01-01T00:00:00",
      "amount[gt]=x", "time[ge]=yesterday", "status[is]=pending", "status[eq=pending",
      "status[eq][eq]=pending",
    ])
  func ignored(query: String) throws {
    var table = try Table()
    #expect(table.lab.list("/api/v1/payments?" + query).count == 4)
  }

  @Test("Several payments at once by their hashes, failed ones included")
  func several() throws {
    var table = try Table()
    let page = table.lab.get(
      "/api/v1/payments/paginated?payment_hash[in]=\(table.failed),\(table.pending)&limit=1000")
    #expect(
      page["data"]?.elements.map { $0["status"]?.stringValue } == ["pending", "failed"])
    #expect(page["total"] == 2)
  }

  @Test("A bad order or page is refused", arguments: ["sortby=nope", "direction=up", "limit=x"])
  func refused(query: String) throws {
    var lab = try Laboratory()
    let response = lab.request(
      "GET", "/api/v1/payments?" + query, headers: ["x-api-key": lab.alice.invoiceKey])
    #expect(response.status == 400)
  }

  @Test("Ten rows without a limit, a thousand at most, and the versions' own reading of zero")
  func limits() throws {
    for (behaviour, zero) in [(Behaviour.v1_6_2, 1000), (.v1_4_1, 10)] {
      var lab = try Laboratory(behaviour)
      for _ in 0..<1_100 { _ = try lab.invoice(1, for: lab.alice) }
      #expect(lab.count("/api/v1/payments") == 10)
      #expect(lab.count("/api/v1/payments?limit=2000") == 1000)
      #expect(lab.count("/api/v1/payments?limit=0") == zero)
      #expect(lab.count("/api/v1/payments?limit=-1") == 1101)
      #expect(lab.count("/api/v1/payments?limit=1000&offset=1000") == 101)
      #expect(lab.get("/api/v1/payments/paginated?offset=5000")["total"] == 0)
    }
    var old = try Laboratory(.v1_0_0)
    for _ in 0..<30 { _ = try old.invoice(1, for: old.alice) }
    #expect(old.count("/api/v1/payments") == 31)
  }

  @Test("Pages at rest neither skip nor repeat, though stamps may be alike")
  func pages() throws {
    var lab = try Laboratory()
    for _ in 0..<95 { _ = try lab.invoice(1, for: lab.alice) }
    var seen: [String] = []
    for offset in stride(from: 0, to: 100, by: 10) {
      seen += lab.list("/api/v1/payments?sortby=amount&direction=desc&limit=10&offset=\(offset)")
    }
    #expect(seen.count == 96 && Set(seen).count == 96)
  }

  @Test("A row without updated_at claims to be new at every read, and sorts last")
  func withoutUpdate() throws {
    var table = try Table()
    try table.lab.lnbits.forgetUpdate(checkingID: table.incoming, now: table.lab.now)
    let target = "/api/v1/payments?sortby=updated_at&direction=desc"
    #expect(table.lab.list(target).last == table.incoming)
    func claimed() -> JSONValue? {
      table.lab.get(target).elements.last?["updated_at"]
    }
    let first = claimed()
    table.lab.wait(.seconds(1))
    #expect(claimed() != first)
  }

  @Test("A REST row reads like the real one's, character for character")
  func rowText() throws {
    var lab = try Laboratory()
    let row = try lab.invoice(21, for: lab.alice, memo: "<b>hi</b> & ☕", extra: ["tag": "test"])
    try lab.lnbits.payFromOutside(checkingID: row.checkingID, now: lab.now)
    let response = lab.request(
      "GET", "/api/v1/payments?limit=1", headers: ["x-api-key": lab.alice.invoiceKey])
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"[{"checking_id":"\#(row.checkingID)","payment_hash":"\#(row.checkingID)","#
        + #""wallet_id":"\#(lab.alice.id)","amount":21000,"fee":0,"bolt11":"\#(row.invoice)","#
        + #""payment_request":"\#(row.invoice)","fiat_provider":null,"status":"success","#
        + #""memo":"<b>hi</b> & ☕","expiry":"2026-11-21T02:38:40+00:00","webhook":null,"#
        + #""webhook_status":null,"preimage":"\#(row.preimage ?? "")","tag":"test","#
        + #""extension":null,"time":"2026-11-21T01:38:39.805004+00:00","#
        + #""created_at":"2026-11-21T01:38:39.805004+00:00","#
        + #""updated_at":"2026-11-21T01:38:39.805005+00:00","labels":[],"#
        + #""extra":{"tag":"test"},"external_id":null}]"#)
  }
}
