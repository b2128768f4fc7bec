import JSON
import ServerSentEvents

/// An event of the stream as lines: one of JSON for pipes, or some for people.
enum WatchLine {
  /// `{"id":…,"event":…,"data":{…}}`; the id is null while there is none to resume from.
  static func json(_ event: EventStreamDecoder.Event) -> String {
    let id = event.lastEventID.isEmpty ? "null" : quoted(event.lastEventID)
    return TerminalText.oneLineOfJSON(
      "{\"id\":\(id),\"event\":\(quoted(event.type)),\"data\":\(event.data)}")
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSONWriter.document { $0.value(text) }, as: UTF8.self)
  }

  /// Nothing for an event that this release does not know.
  static func text(_ event: EventStreamDecoder.Event) -> [String] {
    guard let data = JSONDocument(event.data)?.root else { return [] }
    let lines: [String?] =
      switch event.type {
      case "snapshot":
        (data["balances"]?.elements ?? []).map(balance)
          + (data["sources"]?.elements ?? []).map(state)
      case "payment": [payment(data)]
      case "balance": [balance(data)]
      case "status": [state(data)]
      case "watch": [watch(data)]
      case "gap": [gap(data)]
      default: []
      }
    return lines.compactMap { $0.map(TerminalText.oneLine) }
  }

  /// Whole sats, and the rest behind a point where there is one.
  static func sats(_ msat: Int64) -> String {
    let whole = msat.magnitude / 1000
    let rest = String(msat.magnitude % 1000 + 1000).dropFirst()
    return (msat < 0 ? "-" : "") + "\(whole)" + (rest == "000" ? "" : ".\(rest)") + " sat"
  }

  // MARK: Each kind; nil for one that lacks what it must have

  private static func payment(_ data: JSONElement) -> String? {
    guard let wallet = data["wallet"]?.string, let direction = data["direction"]?.string,
      let status = data["status"]?.string, let amount = data["amount_msat"]?.int64,
      let fee = data["fee_msat"]?.int64
    else { return nil }
    let memo = data["memo"]?.string ?? ""
    return "\(wallet)  \(direction == "incoming" ? "+" : "-")\(sats(amount))"
      + (fee > 0 ? ", fee \(sats(fee))" : "") + (status == "settled" ? "" : " (\(status))")
      + (memo.isEmpty ? "" : "  \(memo)")
  }

  private static func balance(_ data: JSONElement) -> String? {
    guard let wallet = data["wallet"]?.string, let balance = data["balance_msat"]?.int64 else {
      return nil
    }
    let isCorrection = data["cause"]?.string == "correction"
    return "\(wallet)  balance \(sats(balance))"
      + (isCorrection ? "  (a change that no payment explains)" : "")
  }

  private static func state(_ data: JSONElement) -> String? {
    guard let name = data["name"]?.string, let state = data["state"]?.string else { return nil }
    return "\(name)  \(state)" + (data["reason"]?.string.map { " (\($0))" } ?? "")
  }

  private static func watch(_ data: JSONElement) -> String? {
    guard let mint = data["mint"]?.string, let kind = data["kind"]?.string,
      let state = data["state"]?.string, let handle = data["handle"]?.string
    else { return nil }
    return "\(mint)  \(kind) \(handle): \(state)"
  }

  private static func gap(_ data: JSONElement) -> String? {
    data["reason"]?.string.map { "some events are gone (\($0)); the balances below are whole" }
  }
}
