import BridgeModel
import HTTPServer
import JSON
import Storage

/// Payments and sums of them, from the store.
extension Bridge {
  private static let defaultPageSize = 50
  /// A whole file at once: as much as the largest page.
  private static let csvRows = PaymentQuery.maximumLimit

  func payments(_ request: HTTPRequest, asCSV: Bool) async -> HTTPResponse {
    var query: PaymentQuery
    switch paymentQuery(request, defaultLimit: asCSV ? Self.csvRows : Self.defaultPageSize) {
    case .success(let valid): query = valid
    case .failure(let refusal): return refusal.response
    }
    let books = books(of: request.query["wallet"])
    query.books = books.map(\.identity)
    do throws(StorageError) {
      let page = try await storage?.payments(query) ?? PaymentPage()
      let rows = page.payments.map { ($0.payment, books[$0.book].wallet) }
      return asCSV ? Self.csv(rows) : .json(Self.document(rows, page.next), caching: .revalidate)
    } catch {
      return .storageProblem(error)
    }
  }

  private static func document(
    _ rows: [(payment: Payment, wallet: String)], _ next: PaymentCursor?
  ) -> [UInt8] {
    JSONWriter.document { json in
      json.object { json in
        json.field("payments") { json in
          json.array(rows) { $0.payment($1.payment, wallet: $1.wallet) }
        }
        json.field("next_before", next?.description)
      }
    }
  }

  private static func csv(_ rows: [(payment: Payment, wallet: String)]) -> HTTPResponse {
    .json(PaymentsCSV.document(rows), caching: .revalidate, contentType: PaymentsCSV.contentType)
  }

  func payment(_ id: String, _ request: HTTPRequest) async -> HTTPResponse {
    if let name = request.query["wallet"], walletIndex(name) == nil {
      return .unknownSource("wallet")
    }
    let books = books(of: request.query["wallet"])
    do throws(StorageError) {
      if let found = try await storage?.payment(id, in: books.map(\.identity)) {
        let wallet = books[found.book].wallet
        return .json(
          JSONWriter.document { $0.payment(found.payment, wallet: wallet) }, caching: .revalidate)
      }
    } catch {
      return .storageProblem(error)
    }
    return .problem(404, "Not Found", "No wallet here has a payment with this payment_id.")
  }

  func history(_ request: HTTPRequest) async -> HTTPResponse {
    guard let group = HistoryQuery.Group(rawValue: request.query["group"] ?? "day") else {
      return .badParameter("group", "hour, day or month")
    }
    var since: Timestamp?
    if let text = request.query["since"] {
      guard let time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") else {
        return .badParameter("since", "a date or a time as in RFC 3339")
      }
      since = time
    }
    guard let index = walletIndex(request.query["wallet"]) else { return .unknownSource("wallet") }
    let books = books(of: entries[index].name).map(\.identity)
    do throws(StorageError) {
      let periods =
        try await storage?.history(HistoryQuery(books: books, group: group, since: since)) ?? []
      return .json(
        JSONWriter.document { json in json.array(periods) { $0.period($1) } }, caching: .revalidate)
    } catch {
      return .storageProblem(error)
    }
  }

  /// The books of one wallet, or of all, with the wallets' names.
  private func books(of name: String?) -> [(identity: BookIdentity, wallet: String)] {
    entries.compactMap { entry in
      guard name == nil || entry.name == name, let identity = entry.book else { return nil }
      return (identity, entry.name)
    }
  }

  private struct Refusal: Error {
    var response: HTTPResponse
  }

  private func paymentQuery(
    _ request: HTTPRequest, defaultLimit: Int
  ) -> Result<PaymentQuery, Refusal> {
    func refuse(_ name: String, _ allowed: String) -> Result<PaymentQuery, Refusal> {
      .failure(Refusal(response: .badParameter(name, allowed)))
    }
    let parameters = request.query
    if let name = parameters["wallet"], walletIndex(name) == nil {
      return .failure(Refusal(response: .unknownSource("wallet")))
    }
    var query = PaymentQuery(books: [], limit: defaultLimit)
    if let text = parameters["limit"] {
      guard let limit = Int(text), (1...PaymentQuery.maximumLimit).contains(limit) else {
        return refuse("limit", "a number from 1 to \(PaymentQuery.maximumLimit)")
      }
      query.limit = limit
    }
    if let text = parameters["before"] {
      guard let cursor = PaymentCursor(text) else {
        return refuse("before", "a next_before of an earlier answer")
      }
      query.before = cursor
    }
    if let text = parameters["status"] {
      guard let status = Payment.Status(rawValue: text) else {
        return refuse("status", "pending, settled or failed")
      }
      query.status = status
    }
    if let text = parameters["direction"] {
      guard let direction = Payment.Direction(rawValue: text) else {
        return refuse("direction", "incoming or outgoing")
      }
      query.direction = direction
    }
    query.paymentHash = parameters["payment_hash"]
    query.memoContains = parameters["q"].flatMap { $0.isEmpty ? nil : $0 }
    return .success(query)
  }
}

extension JSONWriter {
  fileprivate mutating func period(_ period: HistoryPeriod) {
    object { json in
      json.field("start", period.start)
      json.field("incoming_msat", period.incoming.value)
      json.field("outgoing_msat", period.outgoing.value)
      json.field("fee_msat", period.fee.value)
      json.field("count", period.count)
      json.field("closing_balance_msat", period.closingBalance.value)
    }
  }
}

extension HTTPResponse {
  static func storageProblem(_ error: StorageError) -> HTTPResponse {
    .problem(503, "Service Unavailable", error.description)
  }
}
