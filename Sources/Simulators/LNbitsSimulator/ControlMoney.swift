import BridgeModel

/// The control API's commands on wallets and payments; ``SimulatorService/control(_:now:using:)``
/// lists them.
extension SimulatorService {
  mutating func controlWallets(
    _ command: String, _ arguments: ControlArguments, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> JSONValue? {
    switch command {
    case "create_wallet":
      let wallet = lnbits.createWallet(
        named: try arguments.text("name"), now: now, using: &random)
      return ["wallet": describe(wallet)]
    case "wallets":
      return ["wallets": .array(lnbits.ledger.wallets.map(describe))]
    case "reset_key":
      let wallet = try wallet(arguments)
      do throws(PaymentRefusal) {
        let renewed = try lnbits.resetKeys(ofWallet: wallet.id, now: now, using: &random)
        return ["wallet": describe(renewed)]
      } catch {
        throw ControlMistake(error)
      }
    case "delete_wallet":
      let wallet = try wallet(arguments)
      let description = describe(wallet)
      do throws(PaymentRefusal) {
        try lnbits.deleteWallet(id: wallet.id, now: now)
      } catch {
        throw ControlMistake(error)
      }
      return ["wallet": description]
    default:
      return nil
    }
  }

  mutating func controlPayments(
    _ command: String, _ arguments: ControlArguments, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> JSONValue? {
    switch command {
    case "burst":
      return try burst(arguments, now: now, using: &random)
    case "forget_payment":
      let id = try arguments.text("payment_id")
      return describe(
        try refusing { lnbits throws(PaymentRefusal) in
          try lnbits.forgetPayment(checkingID: id, now: now)
        })
    case "edit_amount", "forget_update", "conclude_external", "repeat_notification",
      "pay_invoice_external":
      return try changePayment(command, arguments, now: now)
    default:
      guard let row = try makePayment(command, arguments, now: now, using: &random) else {
        return nil
      }
      return describe(row)
    }
  }

  // MARK: New payments

  private mutating func makePayment(
    _ command: String, _ arguments: ControlArguments, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> PaymentRow? {
    switch command {
    case "credit", "debit":
      let (id, satoshi) = (try wallet(arguments).id, try arguments.satoshi())
      return try refusing { lnbits throws(PaymentRefusal) in
        command == "credit"
          ? try lnbits.credit(wallet: id, satoshi: satoshi, now: now, using: &random)
          : try lnbits.debit(wallet: id, satoshi: satoshi, now: now, using: &random)
      }
    case "invoice":
      return try invoice(arguments, now: now, using: &random)
    case "incoming_external":
      let discovery = try arguments.discovery()
      let delay = try arguments.duration("delay_ms", default: 0)
      let id = try invoice(arguments, now: now, using: &random).checkingID
      return try refusing { lnbits throws(PaymentRefusal) in
        try lnbits.payFromOutside(checkingID: id, after: delay, discovery: discovery, now: now)
        guard let row = lnbits.ledger.row(checkingID: id) else { throw .unknownPayment(id) }
        return row
      }
    case "pay_internal", "pay_self":
      return try payInternal(command, arguments, now: now, using: &random)
    case "pay_external":
      let (id, outcome) = (try wallet(arguments).id, try arguments.outcome())
      let amount = try arguments.millisatoshi("amount_msat")
      let memo = arguments.optionalText("memo") ?? ""
      return try refusing { lnbits throws(PaymentRefusal) in
        try lnbits.payOutside(
          wallet: id, amount: amount, memo: memo, outcome: outcome, now: now, using: &random)
      }
    default:
      return nil
    }
  }

  private mutating func invoice(
    _ arguments: ControlArguments, now: Instant, using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> PaymentRow {
    let (id, satoshi) = (try wallet(arguments).id, try arguments.satoshi())
    let memo = arguments.optionalText("memo") ?? ""
    let extra = arguments.value("extra") ?? [:]
    return try refusing { lnbits throws(PaymentRefusal) in
      try lnbits.createInvoice(
        wallet: id, satoshi: satoshi, memo: memo, extra: extra, now: now, using: &random)
    }
  }

  private mutating func payInternal(
    _ command: String, _ arguments: ControlArguments, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> PaymentRow {
    let payer = try wallet(arguments, field: command == "pay_self" ? "wallet" : "from").id
    if let invoice = arguments.optionalText("bolt11") {
      return try refusing { lnbits throws(PaymentRefusal) in
        try lnbits.payInvoice(invoice, from: payer, now: now)
      }
    }
    let receiver = command == "pay_self" ? payer : try wallet(arguments, field: "to").id
    let satoshi = try arguments.satoshi()
    let memo = arguments.optionalText("memo") ?? ""
    return try refusing { lnbits throws(PaymentRefusal) in
      try lnbits.transfer(
        satoshi: satoshi, from: payer, to: receiver, memo: memo, now: now, using: &random)
    }
  }

  /// Many incoming payments: at once, with frames that all carry the last balance, or evenly over
  /// `spread_ms`.
  private mutating func burst(
    _ arguments: ControlArguments, now: Instant, using random: inout some RandomNumberGenerator
  ) throws(ControlMistake) -> JSONValue {
    let id = try wallet(arguments).id
    let count = try arguments.integer("count", in: 1...Self.maximumBurst)
    let satoshi = try arguments.satoshi(default: 1)
    let spread = try arguments.duration("spread_ms", default: 0)
    var ids: [String] = []
    for index in 0..<count {
      let row = try refusing { lnbits throws(PaymentRefusal) in
        try lnbits.createInvoice(
          wallet: id, satoshi: satoshi, memo: "burst \(index + 1)", now: now, using: &random)
      }
      ids.append(row.checkingID)
    }
    if spread == .zero {
      lnbits.payFromOutside(checkingIDs: ids, now: now)
    } else {
      for (index, id) in ids.enumerated() {
        let delay = spread * (index + 1) / Int(count)
        _ = try refusing { lnbits throws(PaymentRefusal) in
          try lnbits.payFromOutside(checkingID: id, after: delay, now: now)
        }
      }
    }
    return ["payment_ids": .array(ids.map(JSONValue.string))]
  }

  // MARK: Payments that exist

  private mutating func changePayment(
    _ command: String, _ arguments: ControlArguments, now: Instant
  ) throws(ControlMistake) -> JSONValue {
    let id = try arguments.text("payment_id")
    let change = try change(command, arguments, now: now)
    return describe(
      try refusing { lnbits throws(PaymentRefusal) in
        try change(&lnbits, id)
        guard let row = lnbits.ledger.row(checkingID: id) else { throw .unknownPayment(id) }
        return row
      })
  }

  private func change(
    _ command: String, _ arguments: ControlArguments, now: Instant
  ) throws(ControlMistake) -> (inout SimulatedLNbits, String) throws(PaymentRefusal) -> Void {
    switch command {
    case "edit_amount":
      let amount = try arguments.millisatoshi("amount_msat")
      let isTouched = arguments.flag("touch", default: true)
      return { lnbits, id throws(PaymentRefusal) in
        try lnbits.editAmount(checkingID: id, to: amount, isTouched: isTouched, now: now)
      }
    case "forget_update":
      return { lnbits, id throws(PaymentRefusal) in
        try lnbits.forgetUpdate(checkingID: id, now: now)
      }
    case "conclude_external":
      let fee = try arguments.millisatoshi("fee_msat", default: 0)
      let verdict: NodeVerdict =
        arguments.flag("settled", default: true) ? .settled(fee: fee) : .failed
      return { lnbits, id throws(PaymentRefusal) in
        try lnbits.concludeOutside(checkingID: id, verdict, now: now)
      }
    case "repeat_notification":
      return { lnbits, id throws(PaymentRefusal) in
        try lnbits.repeatNotification(checkingID: id, now: now)
      }
    default:
      let discovery = try arguments.discovery()
      let delay = try arguments.duration("delay_ms", default: 0)
      return { lnbits, id throws(PaymentRefusal) in
        try lnbits.payFromOutside(checkingID: id, after: delay, discovery: discovery, now: now)
      }
    }
  }

  // MARK: Parts

  /// The wallet that a field names.
  private func wallet(
    _ arguments: ControlArguments, field: String = "wallet"
  ) throws(ControlMistake) -> SimulatedWallet {
    let name = try arguments.text(field)
    let found = lnbits.ledger.wallets.first {
      $0.name == name || $0.id == name || $0.invoiceKey == name
    }
    guard let found else { throw ControlMistake("No such wallet: \(name)") }
    return found
  }

  private mutating func refusing<Result>(
    _ action: (inout SimulatedLNbits) throws(PaymentRefusal) -> Result
  ) throws(ControlMistake) -> Result {
    do throws(PaymentRefusal) {
      return try action(&lnbits)
    } catch {
      throw ControlMistake(error)
    }
  }
}
