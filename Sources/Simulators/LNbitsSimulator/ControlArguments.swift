import BridgeModel

/// A command that cannot be carried out, and why.
struct ControlMistake: Error {
  let detail: String

  init(_ detail: String) {
    self.detail = detail
  }

  init(_ refusal: PaymentRefusal) {
    detail = refusal.detail
  }
}

/// The fields of a command.
struct ControlArguments: Sendable {
  private let body: JSONValue

  init(_ body: JSONValue) {
    self.body = body
  }

  func has(_ name: String) -> Bool { body[name] != nil }

  func value(_ name: String) -> JSONValue? { body[name] }

  func optionalText(_ name: String) -> String? { body[name]?.stringValue }

  func flag(_ name: String, default fallback: Bool) -> Bool { body[name]?.boolValue ?? fallback }

  func text(_ name: String) throws(ControlMistake) -> String {
    guard let text = optionalText(name) else { throw ControlMistake("\(name): a string is needed") }
    return text
  }

  func integer(
    _ name: String, in range: ClosedRange<Int64>, default fallback: Int64? = nil
  ) throws(ControlMistake) -> Int64 {
    guard let value = body[name] else {
      if let fallback { return fallback }
      throw ControlMistake("\(name): a whole number is needed")
    }
    guard let number = value.integerValue, range.contains(number) else {
      throw ControlMistake(
        "\(name): a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Whole milliseconds, up to a day.
  func duration(
    _ name: String, default fallback: Int64? = nil
  ) throws(ControlMistake) -> Duration {
    .milliseconds(try integer(name, in: 0...86_400_000, default: fallback))
  }

  func satoshi(_ name: String = "amount_sat", default fallback: Int64? = nil)
    throws(ControlMistake) -> Int64
  {
    try integer(name, in: 1...Millisatoshi.maximum.value / 1000, default: fallback)
  }

  func millisatoshi(
    _ name: String, default fallback: Int64? = nil
  ) throws(ControlMistake) -> Millisatoshi {
    let most = Millisatoshi.maximum.value
    return Millisatoshi(try integer(name, in: -most...most, default: fallback))
  }

  /// Nil where there is none.
  func closeCode() throws(ControlMistake) -> UInt16? {
    guard has("code") else { return nil }
    return UInt16(try integer("code", in: 1000...4999))
  }

  /// How LNbits learns of an incoming payment: `notify`, and `found` where that is false.
  func discovery() throws(ControlMistake) -> Discovery {
    guard !flag("notify", default: true) else { return .notified }
    switch optionalText("found") ?? "check" {
    case "check": return .checked
    case "get": return .whenAsked
    case let other: throw ControlMistake("found: check or get, not \(other)")
    }
  }

  /// `kind` with its `fee_msat`, `delay_ms` and `settle_ms`.
  func outcome() throws(ControlMistake) -> ExternalOutcome {
    let fee = try millisatoshi("fee_msat", default: 0)
    let delay = try duration("delay_ms", default: 0)
    switch optionalText("kind") ?? "settle" {
    case "settle": return .settles(after: delay, fee: fee)
    case "settle_renamed":
      return .settlesRenamed(after: delay, fee: fee, checkingID: try text("payment_id"))
    case "fail": return .fails(after: delay)
    case "pending": return .staysPending
    case "pending_settle": return .pendingThenSettles(after: delay, fee: fee)
    case "pending_fail": return .pendingThenFails(after: delay)
    case "fail_settle":
      return .failsThenSettles(
        failsAfter: delay, settlesAfter: try duration("settle_ms", default: 0), fee: fee)
    case let other: throw ControlMistake("No such kind: \(other)")
    }
  }
}
