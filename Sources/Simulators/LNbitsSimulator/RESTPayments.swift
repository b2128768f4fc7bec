/// `/api/v1/payments`.
extension SimulatedLNbits {
  mutating func routePayments(
    _ request: RESTRequest, _ rest: [String], using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    switch (request.method, rest.count) {
    case ("GET", 0): return listPayments(request, isPaginated: false)
    case ("GET", 1) where rest[0] == "paginated": return listPayments(request, isPaginated: true)
    case ("GET", 1): return showPayment(request, hash: rest[0])
    case ("POST", 0): return makePayment(request, using: &random)
    case (_, 0): return .methodNotAllowed(allow: "GET")
    case (_, 1): return .methodNotAllowed(allow: "GET")
    default: return .notFound
    }
  }

  /// `GET /api/v1/payments` leaves out what failed and is ordered by `time`, newest first;
  /// `/paginated` has everything, in the table's order, and says how much there is.
  private mutating func listPayments(_ request: RESTRequest, isPaginated: Bool) -> RESTResponse {
    switch identify(request) {
    case .failure(let refusal): return refusal.response
    case .success(let (wallet, _)):
      let query: PaymentQuery
      do throws(RESTRefusal) {
        query = try PaymentQuery(request.query, behaviour: behaviour)
      } catch {
        return error.response
      }
      var rows = answerableLedger().rows(ofWallet: wallet.id)
      if !isPaginated { rows.removeAll { $0.status == .failed } }
      let page = query.apply(to: rows, newestFirst: !isPaginated)
      var shown = page.rows
      if isPaginated, request.parameter("recheck_pending")?.lowercased() == "true" {
        for index in shown.indices { shown[index] = refresh(shown[index]) }
      }
      let now = stamp()
      let data = JSONValue.array(
        shown.map { $0.json(isFresh: false, behaviour: behaviour, now: now) })
      // An offset past the end has LNbits count nothing.
      let total = shown.isEmpty && query.offset > 0 ? 0 : page.total
      return RESTResponse(isPaginated ? ["data": data, "total": .integer(Int64(total))] : data)
    }
  }

  /// `GET /api/v1/payments/{payment_hash or checking_id}`, with or without a key. A pending payment
  /// is looked up at the node first, and what that finds is written down.
  private mutating func showPayment(_ request: RESTRequest, hash: String) -> RESTResponse {
    let wallet = request.apiKey.flatMap { ledger.wallet(key: $0) }
    let shown = answerableLedger()
    let legs = shown.rows(paymentHash: hash) + [shown.row(checkingID: hash)].compactMap { $0 }
    let own = legs.filter { wallet == nil || $0.walletID == wallet?.id }
    // Of a self-payment this is the outgoing leg.
    guard let row = own.min(by: { $0.amount < $1.amount }) else {
      return .failure(404, "Payment does not exist.")
    }
    let wasPending = row.status == .pending
    let current = refresh(row)
    var members: [JSONValue.Member] = [.init("paid", .bool(current.status == .success))]
    if current.status == .failed && !wasPending {
      members.append(.init("status", "failed"))
    } else {
      if wasPending, wallet != nil {
        members.append(.init("status", .string(current.status.rawValue)))
      }
      members.append(
        .init("preimage", current.status == .success ? JSONValue(current.preimage) : nil))
    }
    if wallet != nil {
      let details = current.json(isFresh: false, behaviour: behaviour, now: stamp())
      members.append(.init("details", details))
    }
    return RESTResponse(.object(members))
  }

  /// `POST /api/v1/payments`: makes an invoice, or pays one that this LNbits made.
  private mutating func makePayment(
    _ request: RESTRequest, using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    let identity = identify(request)
    guard case .success(let (wallet, kind)) = identity else {
      if case .failure(let refusal) = identity { return refusal.response }
      return .notFound
    }
    guard let body = JSONValue(parsing: request.body), case .object = body else {
      return .malformedBody
    }
    let extra = body["extra"].flatMap { $0 == .null ? nil : $0 } ?? [:]
    do throws(PaymentRefusal) {
      let row: PaymentRow
      if body["out"]?.boolValue ?? true {
        guard kind == .admin else { return .failure(403, "Invoice (or Admin) key required.") }
        guard let invoice = body["bolt11"]?.stringValue, !invoice.isEmpty else {
          return .failure(400, "Missing BOLT11 invoice")
        }
        row = try payInvoice(invoice, from: wallet.id, extra: extra, now: clock)
      } else {
        guard let amount = body["amount"]?.integerValue, amount >= 0 else { return .malformedBody }
        row = try createInvoice(
          wallet: wallet.id, satoshi: amount, memo: body["memo"]?.stringValue ?? "LNbits",
          extra: extra, now: clock, using: &random)
      }
      return RESTResponse(
        row.json(isFresh: true, behaviour: behaviour, now: stamp()), status: 201)
    } catch {
      return .refusal(error)
    }
  }
}
