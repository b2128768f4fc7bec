import BridgeModel
import HTTPServer
import JSON
import Logging
import Storage

/// Requests: refused, or answered from what the bridge knows. Nothing here asks an upstream.
extension Bridge {
  /// For every response. The page runs nothing but its own scripts; no other site may read it, and
  /// none but those listed may frame it. `X-Frame-Options` knows no list, and goes before none: it
  /// is left out where there is one.
  static func securityHeaders(_ settings: ServerSettings) -> HTTPHeaders {
    let frames = settings.allowedFrames
    var headers: HTTPHeaders = [
      "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        + "form-action 'self'; "
        + "frame-ancestors \(frames.isEmpty ? "'none'" : frames.joined(separator: " "))",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Resource-Policy": "same-origin",
    ]
    if frames.isEmpty { headers.append(name: "X-Frame-Options", value: "DENY") }
    return headers
  }

  nonisolated func respond(to request: HTTPRequest) -> HTTPReply {
    assumeIsolated { bridge in
      var reply = bridge.answer(request)
      let cors = bridge.access.corsHeaders(for: request)
      guard !cors.fields.isEmpty else { return reply }
      switch reply {
      case .response(let response):
        reply = .response(Self.adding(cors, to: response))
      case .later(let work):
        reply = .later { complete in
          work { response in
            complete(Self.adding(cors, to: response))
          }
        }
      case .stream(var head, let opened):
        for field in cors.fields { head.headers.append(name: field.name, value: field.value) }
        reply = .stream(head, opened: opened)
      }
      return reply
    }
  }

  private static func adding(_ headers: HTTPHeaders, to response: HTTPResponse) -> HTTPResponse {
    var response = response
    for field in headers.fields { response.headers.append(name: field.name, value: field.value) }
    return response
  }

  private func answer(_ request: HTTPRequest) -> HTTPReply {
    if let refusal = access.refusalOfPlace(request) { return .response(refusal) }
    guard let route = localPath(of: request).map(Route.init(path:)) else {
      return .response(Self.notFound)
    }
    if let answer = access.preflight(request, route) { return .response(answer) }
    if let refusal = methodRefusal(request, route) ?? access.refusalOfDeed(request) {
      return .response(refusal)
    }
    let admission = admission(of: request, to: route)
    if let refusal = refusal(of: admission) ?? route.refusal(of: request.query) {
      return .response(refusal)
    }
    return reply(to: request, route, admission)
  }

  private func methodRefusal(_ request: HTTPRequest, _ route: Route) -> HTTPResponse? {
    let method = request.method == "HEAD" ? "GET" : request.method
    guard !route.methods.contains(method) else { return nil }
    // A file that does not exist is missing whatever the method.
    if case .file(let path) = route, files[path] == nil { return Self.notFound }
    let allowed = route.methods.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }
    return .problem(
      405, "Method Not Allowed", "This path answers \(allowed.joined(separator: " and ")).",
      headers: ["Allow": allowed.joined(separator: ", ")])
  }

  nonisolated func refusedTLS(from client: HTTPEndpoint) {
    assumeIsolated { bridge in
      guard let count = bridge.handshakes.note(at: bridge.clock.now().uptime) else { return }
      bridge.log.warning(
        """
        TLS spoken to the plain HTTP port by \(client.host), connection closed \
        (\(count) \(count == 1 ? "time" : "times")): use http://, or a proxy in front
        """
      )
    }
  }

  /// The path below `base_path`; nil for one that is not below it.
  private func localPath(of request: HTTPRequest) -> String? {
    let prefix = configuration.server.basePath
    guard !prefix.isEmpty else { return request.path }
    // A proxy may pass the prefix on or take it off.
    guard let rest = request.path.rest(behind: prefix) else { return request.path }
    return rest.isEmpty ? "/" : rest.utf8.first == UInt8(ascii: "/") ? rest : nil
  }

  static let notFound = HTTPResponse.problem(
    404, "Not Found", "There is nothing at this path; GET /api/v1/status is a good start.")

  private func reply(
    to request: HTTPRequest, _ route: Route, _ admission: AccessPolicy.Admission
  ) -> HTTPReply {
    switch route {
    case .balance: now(request, balance(request))
    case .balances: now(request, balances())
    case .payments: later(request) { await $0.payments(request, asCSV: false) }
    case .paymentsCSV: later(request) { await $0.payments(request, asCSV: true) }
    case .payment(let id): later(request) { await $0.payment(id, request) }
    case .history: later(request) { await $0.history(request) }
    case .status: now(request, status())
    case .reconnect: now(request, command(request) { $0.reconnect(at: $1) })
    case .pause: now(request, command(request) { $0.setPaused(true, at: $1) })
    case .resume: now(request, command(request) { $0.setPaused(false, at: $1) })
    case .configuration:
      now(request, .json(Array(configuration.effectiveJSON.utf8), caching: .revalidate))
    case .watches:
      later(request) {
        request.method == "POST" ? await $0.openWatch(request) : await $0.watches(request)
      }
    case .watch(let handle):
      later(request) {
        request.method == "DELETE" ? await $0.closeWatch(handle) : await $0.watch(handle)
      }
    case .session: now(request, session(request))
    case .openAPI: now(request, .json(openAPI, caching: .revalidate))
    case .metrics: later(request) { await $0.metrics() }
    case .health: now(request, .json(Array(#"{"status":"ok"}"#.utf8)))
    case .readiness: now(request, readiness())
    case .file(let path): now(request, files[path] ?? Self.notFound)
    case .events: subscribe(request, admission)
    }
  }

  private func now(_ request: HTTPRequest, _ response: HTTPResponse) -> HTTPReply {
    .response(Self.revalidated(response, for: request))
  }

  private func later(
    _ request: HTTPRequest, _ answer: @escaping @Sendable (isolated Bridge) async -> HTTPResponse
  ) -> HTTPReply {
    .later { complete in
      self.assumeIsolated { bridge in
        // Within the bridge, so it begins on the loop and stays there.
        _ = Task { complete(Self.revalidated(await answer(bridge), for: request)) }
      }
    }
  }

  /// 304 where the client has these very bytes (RFC 9110 section 13.1.2).
  private static func revalidated(_ response: HTTPResponse, for request: HTTPRequest)
    -> HTTPResponse
  {
    guard response.status == 200, let tag = response.headers["ETag"] else { return response }
    let given = request.headers.values(for: "If-None-Match")
    guard !given.isEmpty, EntityTag.list(given, contains: tag) else { return response }
    var response = response
    response.status = 304
    return response
  }

  // MARK: Balances

  private func balance(_ request: HTTPRequest) -> HTTPResponse {
    guard let index = walletIndex(request.query["wallet"]) else {
      return .unknownSource("wallet")
    }
    let report = entries[index].report
    guard let wallet = report.wallet else {
      return .problem(
        503, "Service Unavailable",
        "The wallet has not confirmed its balance yet; /api/v1/status says why."
      ) { json in
        json.field("wallet", report.name)
        json.field("state", report.status.state.rawValue)
        json.field("reason", report.status.reason?.rawValue)
      }
    }
    let now = clock.now()
    let last = lastEventID
    return .json(
      JSONWriter.document { $0.balance(wallet, of: report, lastEventID: last, now: now) },
      caching: .revalidate)
  }

  private func balances() -> HTTPResponse {
    let now = clock.now()
    let last = lastEventID
    let reports = entries.map(\.report)
    return .json(
      JSONWriter.document { json in
        json.array(reports.filter { $0.wallet != nil }) { json, report in
          guard let wallet = report.wallet else { return }
          json.balance(wallet, of: report, lastEventID: last, now: now)
        }
      },
      caching: .revalidate)
  }

  // MARK: Status

  private func status() -> HTTPResponse {
    let now = clock.now()
    let reports = entries.map(\.report)
    return .json(
      JSONWriter.document { json in
        json.object { json in
          json.field("service", "walletwire")
          json.field("version", version)
          json.field("started_at", startedAt.wall)
          json.field("uptime_seconds", Int((now.uptime - startedAt.uptime).seconds))
          json.field("subscribers", hub?.subscriberCount ?? 0)
          json.field("last_event_id", lastEventID.description)
          json.field("storage_error", storageTrouble)
          json.field("storage_warning", storageHealth?.warning)
          json.field("sources") { json in
            json.array(reports) { $0.source($1, now: now) }
          }
        }
      })
  }

  private func readiness() -> HTTPResponse {
    let waiting = entries.filter { $0.told == .connected }.map(\.report)
      .filter { $0.status.state != .connected }
    guard !waiting.isEmpty || storageTrouble != nil else {
      // A disk that is filling up does not make the bridge unready before it is full.
      return .json(
        JSONWriter.document { json in
          json.object { json in
            json.field("status", "ok")
            if let warning = storageHealth?.warning { json.field("storage_warning", warning) }
          }
        })
    }
    return .problem(
      503, "Service Unavailable",
      storageTrouble ?? "Not every source is connected; /api/v1/status says why."
    ) { json in
      json.field("sources") { json in
        json.array(waiting) { $0.sourceState($1) }
      }
    }
  }

  // MARK: Commands

  private func command(_ request: HTTPRequest, _ run: (isolated Bridge, [Int]) -> Void)
    -> HTTPResponse
  {
    let name = request.query["source"]
    guard let name else {
      run(self, Array(entries.indices))
      let reports = entries.map(\.report)
      let now = clock.now()
      return .json(
        JSONWriter.document { json in json.array(reports) { $0.source($1, now: now) } }, status: 202
      )
    }
    guard let index = entries.firstIndex(where: { $0.name == name }) else {
      return .unknownSource("source")
    }
    run(self, [index])
    let report = entries[index].report
    let now = clock.now()
    return .json(JSONWriter.document { $0.source(report, now: now) }, status: 202)
  }

  // MARK: Helpers

  var lastEventID: EventID {
    hub?.publishedBounds.lastEventID ?? EventID(epoch: "0", sequence: 0)
  }

  /// The wallet of this name, or the first; nil when there is none.
  func walletIndex(_ name: String?) -> Int? {
    entries.firstIndex { $0.book != nil && (name == nil || $0.name == name) }
  }
}
