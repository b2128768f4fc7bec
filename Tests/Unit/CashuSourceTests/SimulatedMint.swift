import BridgeModel
import FoundationEssentials

/// A mint as a value, modelled on what Nutshell, cdk-mintd and Nutmix do.
struct SimulatedMint {
  enum Dialect: CaseIterable {
    case nutshell
    case cdk
    case nutmix
  }

  enum Answer: Equatable {
    case text(String)
    case close(Int)
  }

  var dialect = Dialect.nutshell
  var version: String?
  var advertisesSubscriptions = true
  var batches = true
  /// Acknowledges, and never notifies.
  var isMute = false
  /// Every notification twice.
  var stutters = false
  /// Nothing at all is answered any more, pings neither.
  var isHung = false
  /// Pings are answered, requests are not.
  var isDeafToRequests = false
  /// Subscriptions whose subId begins so get an error.
  var refusesProbes = false
  /// Answers them with an error that names no request.
  var answersProbesWithoutID = false
  /// Closes on any unsubscribe.
  var closesOnUnsubscribe = false
  /// Closes on a subscription that holds this filter.
  var poison: String?
  var readTimeout: Duration = .seconds(600)
  var isRateLimited = true
  var isReachable = true
  /// A proxy in front that knows no WebSocket.
  var refusesUpgrades = false

  var states: [String: WatchState] = [:]
  /// What is said of these instead, word for word.
  var objects: [String: String] = [:]
  /// Bolt12: what was paid and what was issued, said instead of a state.
  var sums: [String: (paid: Int64, issued: Int64)] = [:]
  /// Batches leave these out.
  var omitted: Set<String> = []
  /// Questions that name one of these get 500.
  var stumbling: Set<String> = []
  /// The body of the 400 about what it does not know.
  var objection = #"{"detail":"quote not found","code":0}"#
  /// The lists in `/v1/info` as they stand, without their brackets.
  var supported: String?
  var expiries: [String: Int64] = [:]

  // What it has seen.
  var connects: [Duration] = []
  var messages: [(at: Duration, text: String)] = []
  var questions: [(at: Duration, path: String)] = []
  var pings = 0
  var mostFilters = 0
  var mostSubscriptions = 0
  var limitedCount = 0
  var idleCloses = 0

  // The present connection.
  var subscriptions: [String: [String]] = [:]
  var subscriptionsOf: [String: [String]] = [:]
  var filtersCounted = 0
  var lastMessageAt: Duration?
  var window: (count: Int, last: Duration) = (0, .seconds(-1000))

  /// Of anything at all that it was sent.
  var mostInAMinute: Int {
    let times = (connects + messages.map(\.at) + questions.map(\.at)).sorted()
    var (most, first) = (0, 0)
    for (index, time) in times.enumerated() {
      while time - times[first] >= .seconds(60) { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }

  /// Its limit: 20 in a window that each hit prolongs.
  private mutating func isLimited(at now: Duration) -> Bool {
    guard isRateLimited else { return false }
    window = (now - window.last >= .seconds(60) ? 1 : window.count + 1, now)
    if window.count > 20 { limitedCount += 1 }
    return window.count > 20
  }

  // MARK: Socket

  /// Nil: it opens; else the failure.
  mutating func connect(at now: Duration) -> UpstreamFailure? {
    connects.append(now)
    guard isReachable else { return UpstreamFailure(.network, "refused") }
    guard !refusesUpgrades else {
      return UpstreamFailure(.upgradeRefused(status: 404), "404 instead of 101")
    }
    guard !isLimited(at: now) else {
      return UpstreamFailure(.upgradeRefused(status: 500), "500 instead of 101")
    }
    subscriptions = [:]
    subscriptionsOf = [:]
    filtersCounted = 0
    lastMessageAt = now
    return nil
  }

  mutating func disconnected() {
    subscriptions = [:]
    subscriptionsOf = [:]
    lastMessageAt = nil
  }

  private struct Request: Decodable {
    struct Params: Decodable {
      var kind: String?
      var filters: [String]?
      var subId: String
    }

    var id: Int
    var method: String
    var params: Params
  }

  mutating func receive(_ text: String, at now: Duration) -> [Answer] {
    messages.append((now, text))
    lastMessageAt = now
    guard !isHung, !isDeafToRequests else { return [] }
    if isLimited(at: now) { return [.text(Self.error(0, -32000, "Rate limit exceeded"))] }
    guard let request = try? JSONDecoder().decode(Request.self, from: Data(text.utf8)) else {
      return dialect == .nutshell ? [.text(Self.error(0, -32700, "parse"))] : [.close(1000)]
    }
    let isProbe = request.params.subId.hasPrefix("probe")
    if request.method == "subscribe" {
      if isProbe, refusesProbes { return [.text(Self.error(request.id, -32602, "no"))] }
      if isProbe, answersProbesWithoutID { return [.text(Self.error(0, -32600, "no"))] }
      return subscribe(request)
    }
    if closesOnUnsubscribe { return [.text(Self.ok(request)), .close(1000)] }
    guard let filters = subscriptions.removeValue(forKey: request.params.subId) else {
      switch dialect {
      case .nutshell: return [.text(Self.error(request.id, -32603, "not found"))]
      case .cdk: return [.text(Self.error(request.id, -32602, "not found"))]
      case .nutmix: return [.text(Self.ok(request)), .close(1000)]
      }
    }
    for filter in filters { subscriptionsOf[filter]?.removeAll { $0 == request.params.subId } }
    return [.text(Self.ok(request))]
  }

  private mutating func subscribe(_ request: Request) -> [Answer] {
    let filters = request.params.filters ?? []
    let subID = request.params.subId
    if let poison, filters.contains(poison) { return [.close(1006)] }
    if dialect == .nutmix, filters.contains(where: { states[$0] == nil }) { return [.close(1000)] }
    if subscriptions[subID] != nil {
      if dialect == .cdk { return [.text(Self.error(request.id, -32602, "duplicate"))] }
      if dialect == .nutmix { return [.close(1006)] }
    }
    filtersCounted += filters.count
    mostFilters = max(mostFilters, filtersCounted)
    if filtersCounted > 1000 { return [.text(Self.error(request.id, -32603, "Max"))] }
    subscriptions[subID, default: []] += filters
    mostSubscriptions = max(mostSubscriptions, subscriptions.count)
    for filter in filters { subscriptionsOf[filter, default: []].append(subID) }
    let replays = dialect == .nutmix ? [] : filters.flatMap { notifications(of: $0, to: [subID]) }
    return [.text(Self.ok(request))] + replays
  }

  /// A payment, an issue, a melt: returns what is pushed.
  mutating func change(_ id: String, to state: WatchState) -> [Answer] {
    states[id] = state
    guard lastMessageAt != nil, !isHung, !isDeafToRequests else { return [] }
    return notifications(of: id, to: subscriptionsOf[id] ?? [])
  }

  private func notifications(of id: String, to subIDs: [String]) -> [Answer] {
    guard !isMute, states[id] != nil else { return [] }
    return subIDs.flatMap { subID in
      let text = """
        {"jsonrpc":"2.0","method":"subscribe","params":{"subId":"\(subID)","payload":\(object(id))}}
        """
      return Array(repeating: Answer.text(text), count: stutters ? 2 : 1)
    }
  }

  private func object(_ id: String, expiry: Int64? = nil) -> String {
    if let object = objects[id] { return object }
    if let sums = sums[id] {
      return """
        {"quote":"\(id)","request":"lno1","amount":null,"unit":"sat","expiry":null,
         "amount_paid":\(sums.paid),"amount_issued":\(sums.issued)}
        """
    }
    let state = states[id]?.rawValue ?? "UNSPENT"
    if id.hasPrefix("Y") { return #"{"Y":"\#(id)","state":"\#(state)","witness":null}"# }
    let expiry = expiry.map(String.init) ?? "null"
    return """
      {"quote":"\(id)","request":"lnbc","amount":64,"unit":"sat","state":"\(state)",\
      "expiry":\(expiry)}
      """
  }

  private static func ok(_ request: Request) -> String {
    """
    {"jsonrpc":"2.0","result":{"status":"OK","subId":"\(request.params.subId)"},"id":\(request.id)}
    """
  }

  private static func error(_ id: Int, _ code: Int, _ message: String) -> String {
    #"{"jsonrpc":"2.0","error":{"code":\#(code),"message":"\#(message)"},"id":\#(id)}"#
  }

  // MARK: HTTP

  mutating func answer(_ request: UpstreamRequest, at now: Duration) -> UpstreamResponse? {
    questions.append((now, request.path))
    guard isReachable, !isHung else { return nil }
    if request.path == "/v1/info" { return Self.json(200, info) }
    if request.path == "/v1/checkstate" || request.path.hasSuffix("/check") {
      let lists = try? JSONDecoder().decode([String: [String]].self, from: Data(request.body))
      let asked = lists?.values.first ?? []
      guard stumbling.isDisjoint(with: asked) else { return Self.json(500, Self.stumble) }
      let ids = asked.filter { !omitted.contains($0) }
      if request.path.hasSuffix("/check") {
        guard ids.allSatisfy({ states[$0] != nil }) else { return Self.json(400, objection) }
        return Self.json(200, "[" + ids.map { quote($0) }.joined(separator: ",") + "]")
      }
      return Self.json(
        200, #"{"states":["# + ids.map { object($0) }.joined(separator: ",") + "]}")
    }
    let id = request.path.split(separator: "/").last.map(String.init) ?? ""
    guard !stumbling.contains(id) else { return Self.json(500, Self.stumble) }
    guard states[id] != nil else { return Self.json(400, objection) }
    return Self.json(200, quote(id))
  }

  private static let stumble = #"{"detail":"internal error","code":0}"#
  private func quote(_ id: String) -> String { object(id, expiry: expiries[id]) }

  private static func json(_ status: Int, _ text: String) -> UpstreamResponse {
    UpstreamResponse(status: status, contentType: "application/json", body: Array(text.utf8))
  }

  private static func method(_ commands: String) -> String {
    #"{"method":"bolt11","unit":"sat","commands":[\#(commands)]}"#
  }

  private var info: String {
    let commands = WatchKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    let subscriptions =
      advertisesSubscriptions
      ? "\"17\":{\"supported\":[\(supported ?? Self.method(commands))]}," : ""
    let batch = batches ? #""29":{"max_batch_size":100},"# : ""
    let words: [Dialect: String] = [
      .nutshell: "Nutshell/0.19.2", .cdk: "cdk-mintd/0.13.0", .nutmix: "some fork/1",
    ]
    return """
      {"name":"A mint","version":"\(version ?? words[dialect] ?? "")",
       "nuts":{\(subscriptions)\(batch)"7":{"supported":true}}}
      """
  }
}
