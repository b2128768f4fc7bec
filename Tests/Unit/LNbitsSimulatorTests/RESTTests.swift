import BridgeModel
import LNbitsSimulator
import Testing

@Suite("REST")
struct RESTTests {
  @Test("The wallet tells its name and millisatoshi; the admin key also learns its id")
  func wallet() throws {
    var lab = try Laboratory()
    let asInvoice = lab.request(
      "GET", "/api/v1/wallet", headers: ["x-api-key": lab.alice.invoiceKey])
    #expect(text(asInvoice) == #"{"name":"alice","balance":1000000}"#)
    let asAdmin = lab.request("GET", "/api/v1/wallet?api-key=\(lab.alice.adminKey)")
    #expect(text(asAdmin) == #"{"name":"alice","balance":1000000,"id":"\#(lab.alice.id)"}"#)
  }

  @Test(
    "Refusals have LNbits' words",
    arguments: [
      ("GET", "/api/v1/wallet", "", 401, #"{"detail":"No Api Key provided."}"#),
      ("GET", "/api/v1/payments", "", 401, #"{"detail":"No Api Key provided."}"#),
      ("GET", "/api/v1/wallet", "zz", 404, #"{"detail":"Wallet not found."}"#),
      ("GET", "/api/v1/payments", "zz", 404, #"{"detail":"Wallet not found."}"#),
      ("GET", "/api/v1/payments/abc", "", 404, #"{"detail":"Payment does not exist."}"#),
      ("GET", "/api/v1/nope", "", 404, #"{"detail":"Not Found"}"#),
      ("GET", "/wallet", "", 404, #"{"detail":"Not Found"}"#),
      ("GET", "/api/v1/ws/key", "", 405, #"{"detail":"Method Not Allowed"}"#),
      (
        "PUT", "/users/api/v1/balance", "", 401,
        #"{"detail":"Missing user ID or access token."}"#
      ),
    ])
  func refusals(method: String, target: String, key: String, status: Int, body: String) throws {
    var lab = try Laboratory()
    let response = lab.request(method, target, headers: key.isEmpty ? [:] : ["x-api-key": key])
    #expect(response.status == status)
    #expect(text(response) == body)
  }

  @Test("A slash at the end is sent elsewhere")
  func trailingSlash() throws {
    var lab = try Laboratory()
    let response = lab.request("GET", "/api/v1/wallet/")
    #expect(response.status == 307)
    #expect(response.headers.first { $0.name == "location" }?.value == "/api/v1/wallet")
  }

  @Test("The version is told without a key")
  func openAPI() throws {
    for behaviour in [Behaviour.v1_6_2, .v1_4_1] {
      var lab = try Laboratory(behaviour)
      let answer = JSONValue(parsing: lab.request("GET", "/openapi.json").body)
      #expect(answer?["info"]?["version"]?.stringValue == behaviour.version)
    }
  }

  @Test("Health needs no key and counts the time since the start")
  func health() throws {
    var lab = try Laboratory()
    lab.wait(.seconds(3_725))
    #expect(
      text(lab.request("GET", "/api/v1/health"))
        == #"{"server_time":1795228844,"up_time":"01:02:05"}"#)
  }

  @Test("After a reset the old key is unknown over REST and its listeners hear nothing")
  func reset() throws {
    var lab = try Laboratory()
    let old = lab.alice
    let new = try lab.lnbits.resetKeys(ofWallet: old.id, now: lab.now, using: &lab.random)
    #expect(
      lab.request("GET", "/api/v1/wallet", headers: ["x-api-key": old.invoiceKey]).status == 404)
    _ = try lab.lnbits.credit(wallet: old.id, satoshi: 1, now: lab.now, using: &lab.random)
    let listeners = Set(lab.lnbits.takeDeliveries().map(\.itemID))
    #expect(!listeners.contains(old.invoiceKey) && listeners.contains(new.invoiceKey))
  }

  @Test("A deleted wallet is unknown over REST")
  func deletion() throws {
    var lab = try Laboratory()
    try lab.lnbits.deleteWallet(id: lab.alice.id, now: lab.now)
    #expect(
      lab.request("GET", "/api/v1/wallet", headers: ["x-api-key": lab.alice.invoiceKey]).status
        == 404)
  }

  @Test("An invoice made and paid over REST moves money between two wallets")
  func invoiceAndPayment() throws {
    var lab = try Laboratory()
    let made = lab.request(
      "POST", "/api/v1/payments", headers: ["x-api-key": lab.bob.invoiceKey],
      body: ["out": false, "amount": 21, "memo": "coffee ☕", "extra": ["tag": "test"]])
    #expect(made.status == 201)
    let invoice = try #require(JSONValue(parsing: made.body))
    #expect(invoice["status"] == "pending" && invoice["tag"] == "test")
    let body: JSONValue = ["out": true, "bolt11": invoice["bolt11"] ?? nil]
    let withInvoiceKey = lab.request(
      "POST", "/api/v1/payments", headers: ["x-api-key": lab.alice.invoiceKey], body: body)
    #expect(withInvoiceKey.status == 403)
    let paid = lab.request(
      "POST", "/api/v1/payments", headers: ["x-api-key": lab.alice.adminKey], body: body)
    #expect(paid.status == 201)
    #expect(JSONValue(parsing: paid.body)?["amount"] == -21_000)
    #expect(lab.balance(lab.alice) == 979_000 && lab.balance(lab.bob) == 21_000)
    let again = lab.request(
      "POST", "/api/v1/payments", headers: ["x-api-key": lab.alice.adminKey], body: body)
    #expect(again.status == 520)
    #expect(text(again) == #"{"detail":"Internal invoice already paid.","status":"failed"}"#)
  }

  @Test("GET of a payment shows only the outgoing leg of a self-payment")
  func selfPayment() throws {
    var lab = try Laboratory()
    let invoice = try lab.invoice(7, for: lab.alice)
    _ = try lab.lnbits.payInvoice(invoice.invoice, from: lab.alice.id, now: lab.now)
    let answer = lab.get("/api/v1/payments/\(invoice.paymentHash)")
    #expect(answer["details"]?["checking_id"]?.stringValue == "internal_" + invoice.paymentHash)
    #expect(answer["paid"] == true)
    let both = lab.get("/api/v1/payments/paginated?payment_hash[in]=\(invoice.paymentHash)")
    #expect(both["total"] == 2)
  }

  @Test("Anyone injects any text, and it arrives as it is")
  func injection() throws {
    var lab = try Laboratory()
    let key = lab.alice.invoiceKey
    let post = lab.request("POST", "/api/v1/ws/\(key)?data=%7B%22wallet_balance%22%3A+1%7D")
    #expect(text(post) == #"{"sent":true,"data":"{\"wallet_balance\": 1}"}"#)
    _ = lab.request("GET", "/api/v1/ws/\(key)/bye")
    #expect(
      lab.lnbits.takeDeliveries()
        == [.init(itemID: key, text: #"{"wallet_balance": 1}"#), .init(itemID: key, text: "bye")])
    #expect(lab.request("POST", "/api/v1/ws/\(key)").status == 400)
    #expect(lab.request("GET", "/api/v1/ws/\(key)/a%2Fb").status == 404)
  }

  @Test("Credits and debits over REST need the token and say what is wrong")
  func balance() throws {
    var lab = try Laboratory()
    func change(_ satoshi: Int64) -> RESTResponse {
      lab.request(
        "PUT", "/users/api/v1/balance", headers: ["authorization": "Bearer token"],
        body: ["id": .string(lab.alice.id), "amount": .integer(satoshi)])
    }
    #expect(text(change(5)) == #"{"success":true,"message":"Balance updated."}"#)
    #expect(change(-5).status == 200)
    #expect(change(0).status == 400)
    #expect(change(-1_001).status == 400)
    #expect(lab.balance(lab.alice) == 1_000_000)
  }

  @Test("A wallet can be made and renamed over REST, as scripts for the real server do")
  func wallets() throws {
    var lab = try Laboratory()
    let token = JSONValue(
      parsing: lab.request("PUT", "/api/v1/auth/first_install", body: ["username": "x"]).body)
    let bearer = "Bearer " + (token?["access_token"]?.stringValue ?? "")
    let made = lab.request(
      "POST", "/api/v1/wallet", headers: ["authorization": bearer], body: ["name": "carol"])
    let wallet = try #require(JSONValue(parsing: made.body))
    let key = try #require(wallet["adminkey"]?.stringValue)
    let patched = lab.request(
      "PATCH", "/api/v1/wallet", headers: ["x-api-key": key], body: ["currency": ""])
    #expect(JSONValue(parsing: patched.body)?["currency"] == "")
    #expect(JSONValue(parsing: patched.body)?["name"] == "carol")
  }

  @Test("The 201st request of a minute to one path is refused, whatever its key; other paths go on")
  func rateLimit() throws {
    var lab = try Laboratory()
    for index in 0..<200 {
      let key = index.isMultiple(of: 2) ? lab.alice.invoiceKey : lab.bob.invoiceKey
      let response = lab.request(
        "GET", "/api/v1/payments?offset=\(index)", headers: ["x-api-key": key])
      try #require(response.status == 200)
    }
    let refused = lab.request(
      "GET", "/api/v1/payments", headers: ["x-api-key": lab.alice.invoiceKey])
    #expect(refused.status == 429)
    #expect(text(refused) == #"{"error":"Rate limit exceeded: 200 per 1 minute"}"#)
    #expect(!refused.headers.contains { $0.name.lowercased() == "retry-after" })
    #expect(lab.request("GET", "/api/v1/health").status == 200)
    lab.wait(.seconds(59))
    #expect(lab.request("GET", "/api/v1/payments").status == 429)
    lab.wait(.seconds(1))
    #expect(lab.get("/api/v1/payments").elements.count == 1)
  }

  @Test("A running external payment holds up what needs the database, at most for LNbits' wait")
  func blocking() throws {
    var behaviour = Behaviour.v1_6_2
    behaviour.blocksWhilePaying = true
    var lab = try Laboratory(behaviour)
    _ = try lab.payOutside(10_000, .settles(after: .seconds(60), fee: .zero))
    lab.wait(.seconds(2))
    #expect(lab.request("GET", "/api/v1/wallet").delay == .seconds(3))
    #expect(lab.request("GET", "/api/v1/health").delay == .zero)
    lab.wait(.seconds(3))
    #expect(lab.request("GET", "/api/v1/wallet").delay == .zero)
  }

  private func text(_ response: RESTResponse) -> String {
    String(decoding: response.body, as: UTF8.self)
  }
}
