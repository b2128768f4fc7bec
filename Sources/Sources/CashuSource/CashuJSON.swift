import BridgeModel
import JSON

/// What is said to a mint and by a mint in JSON: NUT-17 on the socket, NUT-04, 05, 06, 07, 23, 25
/// and 29 over HTTP.
package enum CashuJSON {
  /// What arrives on the socket (JSON-RPC 2.0).
  enum Message: Sendable, Hashable {
    case result(id: Int64)
    case error(id: Int64?, code: Int, message: String)
    case notification(subID: String, Element)
  }

  /// One element of a mint's list, or what a notification carries.
  package enum Element: Sendable, Hashable {
    case report(WatchReport)
    /// In a state that no NUT knows, or without one; who it is about, if it says so.
    case unreadable(secret: String?)
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
      let subID = params["subId"]?.string, let payload = params["payload"]
    {
      return .notification(subID: subID, element(payload))
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

  /// One quote, a list of quotes, or the states of proofs, each read for itself; any other value is
  /// an element that cannot be read. Nil for what is not JSON.
  package static func elements(_ body: [UInt8]) -> [Element]? {
    guard let root = JSONDocument(body)?.root else { return nil }
    return (root["states"] ?? root).elements?.map(element) ?? [element(root)]
  }

  private static func element(_ wire: JSONElement) -> Element {
    WatchReport(wire).map(Element.report)
      ?? .unreadable(secret: wire["quote"]?.string ?? wire["Y"]?.string)
  }

  /// `GET /v1/info` (NUT-06).
  static func info(_ body: [UInt8]) -> MintInfo? {
    guard let root = JSONDocument(body)?.root, let nuts = root["nuts"], nuts.isObject else {
      return nil
    }
    var unreadable = 0
    var commands: Set<WatchKind> = []
    for method in nuts["17"]?["supported"]?.elements ?? [] {
      guard let names = method["commands"]?.elements else {
        unreadable += 1
        continue
      }
      commands.formUnion(strings(names, &unreadable).compactMap(WatchKind.init))
    }
    let methods = batchable(nuts["29"], &unreadable)
    return MintInfo(
      name: root["name"]?.string.map { UpstreamText.cut($0, to: UpstreamText.maximumNameBytes) },
      version: root["version"]?.string.map {
        UpstreamText.cut($0, to: UpstreamText.maximumNameBytes)
      },
      subscribable: commands, batchable: methods,
      largestBatch: nuts["29"]?["max_batch_size"]?.int64.flatMap(Int.init(exactly:)),
      unreadable: unreadable)
  }

  /// The methods of NUT-29 that there are kinds for; where it names none, the first there was.
  private static func batchable(_ batches: JSONElement?, _ unreadable: inout Int) -> Set<String> {
    guard let batches, batches.isObject else { return [] }
    guard let methods = batches["methods"] else { return ["bolt11"] }
    return Set(["bolt11", "bolt12"]).intersection(strings(methods.elements ?? [], &unreadable))
  }

  /// Those that are strings; the others are counted.
  private static func strings(_ elements: [JSONElement], _ unreadable: inout Int) -> [String] {
    let strings = elements.compactMap(\.string)
    unreadable += elements.count - strings.count
    return strings
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
    guard let secret = wire["quote"]?.string ?? wire["Y"]?.string else { return nil }
    // A bolt12 mint quote has no state but two sums (NUT-25).
    let sums = Self.sums(wire)
    guard let state = Self.state(wire) ?? sums.map({ WatchState(paid: $0.paid, issued: $0.issued) })
    else { return nil }
    self.init(
      secret: secret, state: state, amount: Self.amount(wire["amount"]),
      unit: wire["unit"]?.string.map { UpstreamText.cut($0, to: UpstreamText.maximumNameBytes) },
      amountPaid: sums?.paid, amountIssued: sums?.issued, expiry: Self.time(wire["expiry"]?.int64))
  }

  /// The mint's own word; two of ours are none.
  private static func state(_ wire: JSONElement) -> WatchState? {
    let state = wire["state"]?.string.flatMap(WatchState.init)
    return state == .expired || state == .unknown ? nil : state
  }

  private static func sums(_ wire: JSONElement) -> (paid: Int64, issued: Int64)? {
    guard let paid = amount(wire["amount_paid"]), let issued = amount(wire["amount_issued"]) else {
      return nil
    }
    return (paid, issued)
  }

  private static func amount(_ wire: JSONElement?) -> Int64? {
    wire?.int64.flatMap { $0 < 0 ? nil : $0 }
  }

  /// Seconds since the epoch; zero and absurd ones mean that there is none.
  private static func time(_ seconds: Int64?) -> Timestamp? {
    guard let seconds, (1...253_402_300_799).contains(seconds) else { return nil }
    return Timestamp(milliseconds: seconds * 1000)
  }
}
