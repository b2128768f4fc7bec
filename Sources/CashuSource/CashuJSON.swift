import BridgeModel
import JSON

/// What is said to a mint and by a mint in JSON: NUT-17 on the socket, NUT-04, 05, 06, 07, 23, 25 and 29 over HTTP.
enum CashuJSON {
  /// What arrives on the socket (JSON-RPC 2.0).
  enum Message: Sendable, Hashable {
    case result(id: Int64)
    case error(id: Int64?, code: Int, message: String)
    case notification(subID: String, WatchReport)
  }

  /// Nil for whatever is not a message of NUT-17.
  static func message(_ text: String) -> Message? {
    guard let root = JSONDocument(text)?.root, root.isObject else { return nil }
    let id = root["id"]?.int64
    if let error = root["error"], error.isObject {
      return .error(
        id: id, code: error["code"]?.int64.flatMap(Int.init(exactly:)) ?? 0,
        message: error["message"]?.string ?? "")
    }
    if root["method"]?.string == "subscribe", let params = root["params"],
      let subID = params["subId"]?.string, let report = params["payload"].flatMap(WatchReport.init)
    {
      return .notification(subID: subID, report)
    }
    return root.contains("result") ? id.map { .result(id: $0) } : nil
  }

  static func subscribe(
    id: Int64, kind: WatchKind, filters: [String], subID: String
  ) -> String {
    request(id: id, method: "subscribe") { params in
      params.field("filters") { $0.strings(filters) }
      params.field("kind", kind.rawValue)
      params.field("subId", subID)
    }
  }

  static func unsubscribe(id: Int64, subID: String) -> String {
    request(id: id, method: "unsubscribe") { $0.field("subId", subID) }
  }

  private static func request(
    id: Int64, method: String, _ params: (inout JSONWriter) -> Void
  ) -> String {
    let bytes = JSONWriter.document { json in
      json.object { json in
        json.field("id", id)
        json.field("jsonrpc", "2.0")
        json.field("method", method)
        json.field("params") { $0.object(params) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The body of `POST /v1/mint/quote/{method}/check` (NUT-29).
  static func check(quotes: [String]) -> [UInt8] { list("quotes", quotes) }

  /// The body of `POST /v1/checkstate` (NUT-07).
  static func check(proofs: [String]) -> [UInt8] { list("Ys", proofs) }

  private static func list(_ name: StaticString, _ texts: [String]) -> [UInt8] {
    JSONWriter.document { json in
      json.object { json in json.field(name) { $0.strings(texts) } }
    }
  }

  /// One quote, a list of quotes, or the states of proofs.
  static func reports(_ body: [UInt8]) -> [WatchReport]? {
    guard let root = JSONDocument(body)?.root else { return nil }
    if let quote = WatchReport(root) { return [quote] }
    return (root.isObject ? root["states"] : root)?.array(WatchReport.init)
  }

  /// `GET /v1/info` (NUT-06).
  static func info(_ body: [UInt8]) -> MintInfo? {
    guard let root = JSONDocument(body)?.root, let nuts = root["nuts"], nuts.isObject else {
      return nil
    }
    let commands = nuts["17"]?["supported"]?.array { method in
      method["commands"]?.array(\.string)
    }
    return MintInfo(
      name: root["name"]?.string, version: root["version"]?.string,
      subscribable: Set((commands ?? []).joined().compactMap(WatchKind.init)),
      batchable: Set(batchable(nuts["29"])),
      largestBatch: nuts["29"]?["max_batch_size"]?.int64.flatMap(Int.init(exactly:)))
  }

  /// The methods of NUT-29; where it names none, the first there was.
  private static func batchable(_ batches: JSONElement?) -> [String] {
    guard let batches, batches.isObject else { return [] }
    guard let methods = batches["methods"] else { return ["bolt11"] }
    return methods.array(\.string) ?? []
  }

  /// A mint's own way to say no: `{"detail": "…", "code": n}`.
  static func detail(_ body: [UInt8]) -> String? {
    JSONDocument(body)?.root["detail"]?.string
  }
}

extension JSONWriter {
  fileprivate mutating func strings(_ texts: [String]) {
    array(texts) { $0.value($1) }
  }
}

extension WatchReport {
  /// A quote (`quote`, `state`, …) or a proof (`Y`, `state`).
  fileprivate init?(_ wire: JSONElement) {
    guard let secret = wire["quote"]?.string ?? wire["Y"]?.string, let state = Self.state(wire)
    else { return nil }
    self.init(
      secret: secret, state: state, amount: wire["amount"]?.int64.flatMap { $0 < 0 ? nil : $0 },
      unit: wire["unit"]?.string, expiry: Self.time(wire["expiry"]?.int64))
  }

  /// A bolt12 mint quote has no state but two sums (NUT-25).
  private static func state(_ wire: JSONElement) -> WatchState? {
    if let state = wire["state"]?.string.flatMap(WatchState.init), state != .expired,
      state != .unknown
    {
      return state
    }
    guard let paid = wire["amount_paid"]?.int64, let issued = wire["amount_issued"]?.int64 else {
      return nil
    }
    return paid <= 0 ? .unpaid : issued < paid ? .paid : .issued
  }

  /// Seconds since the epoch; zero and absurd ones mean that there is none.
  private static func time(_ seconds: Int64?) -> Timestamp? {
    guard let seconds, (1...253_402_300_799).contains(seconds) else { return nil }
    return Timestamp(milliseconds: seconds * 1000)
  }
}
