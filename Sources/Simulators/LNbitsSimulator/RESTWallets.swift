import BridgeModel

/// `/api/v1/wallet` and what an administrator does with wallets.
extension SimulatedLNbits {
  mutating func routeWallet(
    _ request: RESTRequest, _ rest: [String], using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    switch (request.method, rest.count) {
    case ("GET", 0): return showWallet(request)
    case ("PATCH", 0): return editWallet(request)
    case ("POST", 0): return makeWallet(request, using: &random)
    case ("PUT", 2) where rest[0] == "reset":
      return administer(request) { lnbits in
        guard
          let wallet = try? lnbits.resetKeys(ofWallet: rest[1], now: lnbits.clock, using: &random)
        else { return .failure(404, "Wallet not found") }
        return lnbits.shown(wallet)
      }
    case ("DELETE", 1):
      return administer(request) { lnbits in
        guard (try? lnbits.deleteWallet(id: rest[0], now: lnbits.clock)) != nil else {
          return .failure(404, "Wallet not found")
        }
        return RESTResponse(nil)
      }
    case (_, 0): return .methodNotAllowed(allow: "GET")
    default: return .notFound
    }
  }

  /// `GET /api/v1/wallet`: name and balance in millisatoshi, and the id for the admin key.
  private mutating func showWallet(_ request: RESTRequest) -> RESTResponse {
    switch identify(request) {
    case .failure(let refusal): return refusal.response
    case .success(let (wallet, kind)):
      let balance = answerableLedger().balance(ofWallet: wallet.id)
      var members: [JSONValue.Member] = [
        .init("name", .string(wallet.name)), .init("balance", .integer(balance.value)),
      ]
      if kind == .admin { members.append(.init("id", .string(wallet.id))) }
      return RESTResponse(.object(members))
    }
  }

  /// `PATCH /api/v1/wallet` with the admin key: name and currency.
  private mutating func editWallet(_ request: RESTRequest) -> RESTResponse {
    switch identify(request) {
    case .failure(let refusal): return refusal.response
    case .success((_, .invoice)): return .failure(403, "Invalid adminkey.")
    case .success((var wallet, .admin)):
      guard let body = JSONValue(parsing: request.body) else { return .malformedBody }
      if let name = body["name"]?.stringValue, !name.isEmpty { wallet.name = name }
      wallet.currency = body["currency"]?.stringValue ?? wallet.currency
      wallet.updatedAt = stamp()
      ledger.update(wallet)
      return shown(wallet)
    }
  }

  /// `POST /api/v1/wallet` with an administrator's token.
  private mutating func makeWallet(
    _ request: RESTRequest, using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    administer(request) { lnbits in
      guard let body = JSONValue(parsing: request.body) else { return .malformedBody }
      let name = body["name"]?.stringValue ?? "LNbits wallet"
      return lnbits.shown(lnbits.createWallet(named: name, now: lnbits.clock, using: &random))
    }
  }

  private func shown(_ wallet: SimulatedWallet) -> RESTResponse {
    RESTResponse(wallet.json(balance: ledger.balance(ofWallet: wallet.id).value))
  }

  // MARK: The administrator

  /// `PUT /api/v1/auth/first_install` and `POST /api/v1/auth`: hands out the token that the
  /// simulator was made with to anyone, so that scripts written for the real server run here too.
  func logIn(_ request: RESTRequest, _ rest: [String]) -> RESTResponse {
    guard
      (request.method == "PUT" && rest == ["first_install"])
        || (request.method == "POST" && rest.isEmpty)
    else { return .notFound }
    return RESTResponse(["access_token": .string(adminToken), "token_type": "bearer"])
  }

  private mutating func administer(
    _ request: RESTRequest, _ action: (inout SimulatedLNbits) -> RESTResponse
  ) -> RESTResponse {
    guard request.bearerToken == adminToken else {
      return .failure(401, "Missing user ID or access token.")
    }
    return action(&self)
  }

  /// `PUT /users/api/v1/balance`: credits satoshi, or debits them when negative.
  mutating func changeBalance(
    _ request: RESTRequest, using random: inout some RandomNumberGenerator
  ) -> RESTResponse {
    guard request.method == "PUT" else { return .methodNotAllowed(allow: "PUT") }
    return administer(request) { lnbits in
      guard let body = JSONValue(parsing: request.body),
        let id = body["id"]?.stringValue, let amount = body["amount"]?.integerValue
      else { return .malformedBody }
      guard lnbits.ledger.wallet(id: id) != nil else { return .failure(404, "Wallet not found.") }
      guard amount != 0 else { return .failure(400, "Amount cannot be 0.") }
      do throws(PaymentRefusal) {
        if amount > 0 {
          _ = try lnbits.credit(wallet: id, satoshi: amount, now: lnbits.clock, using: &random)
        } else {
          _ = try lnbits.debit(wallet: id, satoshi: -amount, now: lnbits.clock, using: &random)
        }
      } catch .insufficientBalance {
        return .failure(400, "Balance change failed, can not go into negative balance.")
      } catch {
        return .refusal(error)
      }
      return RESTResponse(["success": true, "message": "Balance updated."])
    }
  }
}

extension RESTResponse {
  /// What FastAPI says to a body that is no JSON object, or not the right one.
  static let malformedBody = RESTResponse(
    [
      "detail": [
        ["loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"]
      ]
    ], status: 400)
}
