/// Every path that is answered, below `base_path`.
enum Route: Sendable, Hashable {
  case balance
  case balances
  case payments
  case paymentsCSV
  case payment(id: String)
  case history
  case status
  case reconnect
  case pause
  case resume
  case configuration
  case events
  case watches
  case watch(handle: String)
  case session
  case openAPI
  case health
  case readiness
  case metrics
  /// A file of the page.
  case file(path: String)

  init(path: String) {
    self = Self.fixed[path] ?? Self.other(path)
  }

  /// The paths without a parameter. OpenAPI describes each of them.
  static let fixed: [String: Route] = [
    "/api/v1/balance": .balance,
    "/api/v1/balances": .balances,
    "/api/v1/payments": .payments,
    "/api/v1/payments.csv": .paymentsCSV,
    "/api/v1/history": .history,
    "/api/v1/status": .status,
    "/api/v1/reconnect": .reconnect,
    "/api/v1/pause": .pause,
    "/api/v1/resume": .resume,
    "/api/v1/config": .configuration,
    "/api/v1/events": .events,
    "/events": .events,
    "/api/v1/watches": .watches,
    "/api/v1/session": .session,
    "/api/v1/openapi.json": .openAPI,
    "/healthz": .health,
    "/readyz": .readiness,
    "/metrics": .metrics,
  ]

  private static func other(_ path: String) -> Route {
    if let id = parameter(of: path, below: "/api/v1/payments/") { return .payment(id: id) }
    if let handle = parameter(of: path, below: "/api/v1/watches/") {
      return .watch(handle: handle)
    }
    return .file(path: path)
  }

  private static func parameter(of path: String, below prefix: String) -> String? {
    path.rest(behind: prefix).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The methods that it answers, GET standing for HEAD as well.
  var methods: [String] {
    switch self {
    case .reconnect, .pause, .resume: ["POST"]
    case .session: ["POST", "DELETE"]
    case .watches: ["GET", "POST"]
    case .watch: ["GET", "DELETE"]
    default: ["GET"]
    }
  }

  /// The page, the liveness probe and the way to a session can be had without a token: they show
  /// nothing of a wallet.
  func needsToken(method: String) -> Bool {
    switch self {
    case .health: false
    case .session: method != "POST"
    case .file(let path): path.rest(behind: "/api/") != nil
    default: true
    }
  }
}

extension String {
  /// What stands behind a prefix of a path; nil where the path begins otherwise. `hasPrefix`
  /// compares characters: a mark that combines with the last one of the prefix would hide it.
  func rest(behind prefix: String) -> String? {
    guard utf8.starts(with: prefix.utf8) else { return nil }
    return String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }
}
