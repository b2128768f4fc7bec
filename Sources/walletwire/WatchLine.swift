import FoundationEssentials
import ServerSentEvents

/// An event of the stream as lines: one of JSON for pipes, or some for people.
enum WatchLine {
  /// `{"id":…,"event":…,"data":{…}}`; the id is null while there is none to resume from.
  static func json(_ event: EventStreamDecoder.Event) -> String {
    let id = event.lastEventID.isEmpty ? "null" : quoted(event.lastEventID)
    // Line ends are white space in JSON, and within its strings there are none.
    let data = event.data.replacing("\n", with: " ")
    return "{\"id\":\(id),\"event\":\(quoted(event.type)),\"data\":\(data)}"
  }

  private static func quoted(_ text: String) -> String {
    let bytes = (try? JSONEncoder().encode(text)) ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nothing for an event that this release does not know.
  static func text(_ event: EventStreamDecoder.Event) -> [String] {
    let lines: [String]? =
      switch event.type {
      case "snapshot": decode(Snapshot.self, event)?.lines
      case "payment": decode(Payment.self, event).map { [$0.line] }
      case "balance": decode(Balance.self, event).map { [$0.line] }
      case "status": decode(State.self, event).map { [$0.line] }
      case "watch": decode(CashuWatch.self, event).map { [$0.line] }
      case "gap": decode(Gap.self, event).map { [$0.line] }
      default: nil
      }
    return (lines ?? []).map(TerminalText.oneLine)
  }

  private static func decode<Content: Decodable>(
    _ type: Content.Type, _ event: EventStreamDecoder.Event
  ) -> Content? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(type, from: Data(event.data.utf8))
  }

  /// Whole sats, and the rest behind a point where there is one.
  static func sats(_ msat: Int64) -> String {
    let whole = msat.magnitude / 1000
    let rest = String(msat.magnitude % 1000 + 1000).dropFirst()
    return (msat < 0 ? "-" : "") + "\(whole)" + (rest == "000" ? "" : ".\(rest)") + " sat"
  }
}

private struct Payment: Decodable {
  let wallet: String
  let direction: String
  let status: String
  let amountMsat: Int64
  let feeMsat: Int64
  let memo: String?

  var line: String {
    let sign = direction == "incoming" ? "+" : "-"
    let fee = feeMsat > 0 ? ", fee \(WatchLine.sats(feeMsat))" : ""
    let status = status == "settled" ? "" : " (\(status))"
    let memo = memo.map { $0.isEmpty ? "" : "  \($0)" } ?? ""
    return "\(wallet)  \(sign)\(WatchLine.sats(amountMsat))\(fee)\(status)\(memo)"
  }
}

private struct Balance: Decodable {
  let wallet: String
  let balanceMsat: Int64
  let cause: String?

  var line: String {
    let cause = cause == "correction" ? "  (a change that no payment explains)" : ""
    return "\(wallet)  balance \(WatchLine.sats(balanceMsat))\(cause)"
  }
}

private struct State: Decodable {
  let name: String
  let state: String
  let reason: String?

  var line: String { "\(name)  \(state)" + (reason.map { " (\($0))" } ?? "") }
}

private struct Snapshot: Decodable {
  let balances: [Balance]
  let sources: [State]

  var lines: [String] { balances.map(\.line) + sources.map(\.line) }
}

private struct CashuWatch: Decodable {
  let mint: String
  let kind: String
  let state: String
  let handle: String

  var line: String { "\(mint)  \(kind) \(handle): \(state)" }
}

private struct Gap: Decodable {
  let reason: String

  var line: String { "some events are gone (\(reason)); the balances below are whole" }
}
