import BridgeModel
import FoundationEssentials

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
    guard let wire = try? JSONDecoder().decode(MessageWire.self, from: Data(text.utf8)) else {
      return nil
    }
    if let error = wire.error {
      return .error(id: wire.id, code: error.code ?? 0, message: error.message ?? "")
    }
    if let params = wire.params, wire.method == "subscribe" {
      return .notification(subID: params.subId, params.payload.report)
    }
    return wire.hasResult ? wire.id.map { .result(id: $0) } : nil
  }

  static func subscribe(
    id: Int64, kind: WatchKind, filters: [String], subID: String
  ) -> String {
    encode(
      RequestWire(
        id: id, method: "subscribe",
        params: RequestWire.Params(kind: kind.rawValue, filters: filters, subId: subID)))
  }

  static func unsubscribe(id: Int64, subID: String) -> String {
    encode(
      RequestWire(id: id, method: "unsubscribe", params: RequestWire.Params(subId: subID)))
  }

  /// The body of `POST /v1/mint/quote/{method}/check` (NUT-29).
  static func check(quotes: [String]) -> [UInt8] { Array(encode(["quotes": quotes]).utf8) }

  /// The body of `POST /v1/checkstate` (NUT-07).
  static func check(proofs: [String]) -> [UInt8] { Array(encode(["Ys": proofs]).utf8) }

  /// One quote, a list of quotes, or the states of proofs.
  static func reports(_ body: [UInt8]) -> [WatchReport]? {
    let decoder = JSONDecoder()
    let data = Data(body)
    if let quote = try? decoder.decode(ReportWire.self, from: data) { return [quote.report] }
    if let quotes = try? decoder.decode([ReportWire].self, from: data) {
      return quotes.map(\.report)
    }
    return try? decoder.decode(StatesWire.self, from: data).states.map(\.report)
  }

  /// `GET /v1/info` (NUT-06).
  static func info(_ body: [UInt8]) -> MintInfo? {
    try? JSONDecoder().decode(InfoWire.self, from: Data(body)).info
  }

  /// A mint's own way to say no: `{"detail": "…", "code": n}`.
  static func detail(_ body: [UInt8]) -> String? {
    try? JSONDecoder().decode(DetailWire.self, from: Data(body)).detail
  }

  private static func encode(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("strings and whole numbers always encode")
    }
    return String(decoding: data, as: UTF8.self)
  }
}

private struct RequestWire: Encodable {
  struct Params: Encodable {
    var kind: String?
    var filters: [String]?
    var subId: String
  }

  var jsonrpc = "2.0"
  var id: Int64
  var method: String
  var params: Params
}

private struct MessageWire: Decodable {
  struct Failure: Decodable {
    var code: Int?
    var message: String?
  }

  struct Params: Decodable {
    var subId: String
    var payload: ReportWire
  }

  var id: Int64?
  var method: String?
  var params: Params?
  var error: Failure?
  var hasResult: Bool

  private enum Key: String, CodingKey {
    case id, method, params, error, result
  }

  init(from decoder: any Decoder) throws {
    let wire = try decoder.container(keyedBy: Key.self)
    id = try? wire.decode(Int64.self, forKey: .id)
    method = try? wire.decode(String.self, forKey: .method)
    params = try? wire.decode(Params.self, forKey: .params)
    error = try? wire.decode(Failure.self, forKey: .error)
    hasResult = wire.contains(.result)
  }
}

/// A quote (`quote`, `state`, …) or a proof (`Y`, `state`).
private struct ReportWire: Decodable {
  var report: WatchReport

  private enum Key: String, CodingKey {
    case quote, state, amount, unit, expiry
    case y = "Y"
    case amountPaid = "amount_paid"
    case amountIssued = "amount_issued"
  }

  init(from decoder: any Decoder) throws {
    let wire = try decoder.container(keyedBy: Key.self)
    let quote = try? wire.decode(String.self, forKey: .quote)
    report = WatchReport(
      secret: try quote ?? wire.decode(String.self, forKey: .y), state: try Self.state(wire),
      amount: (try? wire.decode(Int64.self, forKey: .amount)).flatMap { $0 < 0 ? nil : $0 },
      unit: try? wire.decode(String.self, forKey: .unit),
      expiry: Self.time(try? wire.decode(Int64.self, forKey: .expiry)))
  }

  /// A bolt12 mint quote has no state but two sums (NUT-25).
  private static func state(_ wire: KeyedDecodingContainer<Key>) throws -> WatchState {
    if let word = try? wire.decode(String.self, forKey: .state),
      let state = WatchState(rawValue: word), state != .expired, state != .unknown
    {
      return state
    }
    let paid = try wire.decode(Int64.self, forKey: .amountPaid)
    let issued = try wire.decode(Int64.self, forKey: .amountIssued)
    return paid <= 0 ? .unpaid : issued < paid ? .paid : .issued
  }

  /// Seconds since the epoch; zero and absurd ones mean that there is none.
  private static func time(_ seconds: Int64?) -> Timestamp? {
    guard let seconds, (1...253_402_300_799).contains(seconds) else { return nil }
    return Timestamp(milliseconds: seconds * 1000)
  }
}

private struct StatesWire: Decodable {
  var states: [ReportWire]
}

private struct DetailWire: Decodable {
  var detail: String
}

private struct InfoWire: Decodable {
  struct Subscriptions: Decodable {
    struct Method: Decodable {
      var commands: [String]
    }

    var supported: [Method]
  }

  struct Batches: Decodable {
    var methods: [String]?
    var maximum: Int?

    enum CodingKeys: String, CodingKey {
      case methods
      case maximum = "max_batch_size"
    }
  }

  struct Nuts: Decodable {
    var subscriptions: Subscriptions?
    var batches: Batches?

    private enum Key: String, CodingKey {
      case subscriptions = "17"
      case batches = "29"
    }

    init(from decoder: any Decoder) throws {
      let wire = try decoder.container(keyedBy: Key.self)
      subscriptions = try? wire.decode(Subscriptions.self, forKey: .subscriptions)
      batches = try? wire.decode(Batches.self, forKey: .batches)
    }
  }

  var name: String?
  var version: String?
  var nuts: Nuts

  var info: MintInfo {
    let commands = nuts.subscriptions?.supported.flatMap(\.commands) ?? []
    return MintInfo(
      name: name, version: version, subscribable: Set(commands.compactMap(WatchKind.init)),
      batchable: Set(nuts.batches.map { $0.methods ?? ["bolt11"] } ?? []),
      largestBatch: nuts.batches?.maximum)
  }
}
