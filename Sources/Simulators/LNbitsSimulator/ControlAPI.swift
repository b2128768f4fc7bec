import BridgeModel

/// The control API, for tests that drive the simulator from another process: `POST
/// /simulator/v1/COMMAND` with a JSON object. Amounts are whole numbers, `…_sat` or `…_msat`, times
/// whole milliseconds. A wallet is named by its name, its id or its invoice key. Answers are JSON
/// objects; a mistake is 400 with a `detail`.
///
/// | command | fields (those in brackets may be left out) | answer |
/// |---|---|---|
/// | `create_wallet` | `name` | `wallet` |
/// | `wallets` | | `wallets` |
/// | `credit`, `debit` | `wallet`, `amount_sat` | `payment` |
/// | `invoice` | `wallet`, `amount_sat`, [`memo`, `extra`] | `payment` |
/// | `pay_internal` | `from`, `bolt11` or `to`, `amount_sat`, [`memo`] | the paying `payment` |
/// | `pay_self` | `wallet`, `amount_sat`, [`memo`] | the paying leg as `payment` |
/// | `pay_external` | `wallet`, `amount_msat`, [`kind`, `fee_msat`, …, `memo`] | `payment` |
/// | `conclude_external` | `payment_id`, `settled`, [`fee_msat`] | `payment` |
/// | `incoming_external` | `wallet`, `amount_sat`, [`notify`, …, `memo`, `extra`] | `payment` |
/// | `pay_invoice_external` | `payment_id`, [`notify`, `found`, `delay_ms`] | `payment` |
/// | `repeat_notification` | `payment_id` | `payment` |
/// | `burst` | `wallet`, `count`, [`amount_sat`, `spread_ms`] | `payment_ids` |
/// | `edit_amount` | `payment_id`, `amount_msat` (signed), [`touch`] | `payment` |
/// | `forget_update` | `payment_id` | `payment` |
/// | `forget_payment` | `payment_id` | `payment`, as it was |
/// | `reset_key`, `delete_wallet` | `wallet` | `wallet` |
/// | `fault` | `kind`, `on`, [`ms`] | `faults` |
/// | `close_sockets` | [`code`]; without it they are dropped | `closed` |
/// | `restart` | `ms`, [`code`]; nobody listens meanwhile | `restarting` |
/// | `behaviour` | [`version`, `frame_delay_ms`, `answer_lag_ms`, …] | `version` |
/// | `state` | | `faults`, `requests` by path, `listeners` by item id, `wallets` |
///
/// Left out above: `delay_ms` and `settle_ms` of `pay_external`; `found` and `delay_ms` of
/// `incoming_external`, as `pay_invoice_external` has them; `requests_per_minute` and `blocks` of
/// `behaviour`.
///
/// `kind` of `pay_external`: `settle` (default), `fail`, `pending`, `pending_settle`,
/// `pending_fail`, `fail_settle`, `settle_renamed`; see ``ExternalOutcome``. `notify: false` makes
/// an incoming payment silent; `found` is then `check` (default) or `get`, see ``Discovery``.
/// `kind` of `fault`: `refuse`, `hang`, `mute`, `freeze`, `cut_frame`, `bad_gateway`, `rate_limit`,
/// `drop_upgrade`, and `slow` with its `ms`; see ``Faults``. Frames are forged through LNbits' own
/// open door, `POST /api/v1/ws/{inkey}?data=…`.
extension SimulatorService {
  static let controlPrefix = "/simulator/v1/"

  /// The most payments of one `burst`: their frames have to fit what a connection lets wait.
  static let maximumBurst: Int64 = 2_000

  mutating func control(
    _ request: RESTRequest, now: Instant, using random: inout some RandomNumberGenerator
  ) -> Answer {
    guard request.method == "POST" else { return .respond(.methodNotAllowed(allow: "POST")) }
    guard let body = JSONValue(parsing: request.body.isEmpty ? Array("{}".utf8) : request.body),
      case .object = body
    else { return .respond(.malformedBody) }
    let command = String(request.path.dropFirst(Self.controlPrefix.count))
    do throws(ControlMistake) {
      let arguments = ControlArguments(body)
      if let answer = try controlServer(command, arguments) { return answer }
      if let answer = try controlWallets(command, arguments, now: now, using: &random) {
        return .respond(RESTResponse(answer))
      }
      if let answer = try controlPayments(command, arguments, now: now, using: &random) {
        return .respond(RESTResponse(answer))
      }
      return .respond(.failure(404, "No such command: \(command)"))
    } catch {
      return .respond(.failure(400, error.detail))
    }
  }

  // MARK: The server

  private mutating func controlServer(
    _ command: String, _ arguments: ControlArguments
  ) throws(ControlMistake) -> Answer? {
    switch command {
    case "fault":
      try setFault(arguments)
      return .respond(RESTResponse(["faults": .array(faults.names.map(JSONValue.string))]))
    case "close_sockets":
      let code = try arguments.closeCode()
      return .respond(
        RESTResponse(["closed": true]),
        then: code.map { .closeSockets(code: $0) } ?? .dropSockets)
    case "restart":
      let pause = try arguments.duration("ms")
      return .respond(
        RESTResponse(["restarting": true]),
        then: .goAway(for: pause, code: try arguments.closeCode()))
    case "behaviour":
      try setBehaviour(arguments)
      return .respond(RESTResponse(["version": .string(lnbits.behaviour.version)]))
    case "state":
      return .respond(
        RESTResponse([
          "faults": .array(faults.names.map(JSONValue.string)),
          "requests": Self.object(requestCounts),
          "listeners": Self.object(listenerCounts),
          "wallets": .array(lnbits.ledger.wallets.map(describe)),
        ]))
    default:
      return nil
    }
  }

  private mutating func setFault(_ arguments: ControlArguments) throws(ControlMistake) {
    let kind = try arguments.text("kind")
    let isOn = arguments.flag("on", default: true)
    if kind == "slow" {
      faults.answerDelay = isOn ? try arguments.duration("ms") : .zero
    } else if !faults.set(kind, isOn) {
      throw ControlMistake("No such fault: \(kind)")
    }
  }

  private mutating func setBehaviour(_ arguments: ControlArguments) throws(ControlMistake) {
    var behaviour = lnbits.behaviour
    if let version = arguments.optionalText("version") {
      guard let known = Behaviour(version: version) else {
        throw ControlMistake("No such version: \(version)")
      }
      behaviour = known
    }
    if arguments.has("frame_delay_ms") {
      behaviour.frameDelay = try arguments.duration("frame_delay_ms")
    }
    if arguments.has("answer_lag_ms") {
      behaviour.answerLag = try arguments.duration("answer_lag_ms")
    }
    if arguments.has("requests_per_minute") {
      // Zero: no limit.
      let limit = try arguments.integer("requests_per_minute", in: 0...1_000_000)
      behaviour.requestsPerMinute = limit == 0 ? nil : Int(limit)
    }
    behaviour.blocksWhilePaying = arguments.flag("blocks", default: behaviour.blocksWhilePaying)
    lnbits.behaviour = behaviour
  }

  // MARK: Answers

  private static func object(_ counts: [String: Int]) -> JSONValue {
    .object(
      counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) })
  }

  func describe(_ wallet: SimulatedWallet) -> JSONValue {
    [
      "id": .string(wallet.id), "name": .string(wallet.name), "inkey": .string(wallet.invoiceKey),
      "adminkey": .string(wallet.adminKey),
      "balance_msat": .integer(lnbits.ledger.balance(ofWallet: wallet.id).value),
    ]
  }

  func describe(_ row: PaymentRow) -> JSONValue {
    [
      "payment": row.json(
        isFresh: false, behaviour: lnbits.behaviour, now: row.updatedAt ?? row.createdAt)
    ]
  }
}
