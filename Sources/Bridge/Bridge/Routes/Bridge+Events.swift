import BridgeModel
import HTTPServer

/// `GET /api/v1/events`.
extension Bridge {
  /// - Parameter admission: How the request was let in.
  func subscribe(_ request: HTTPRequest, _ admission: AccessPolicy.Admission) -> HTTPReply {
    var filter = StreamFilter.everything
    let sources = Set(request.query.values(for: "wallet"))
    if !sources.isEmpty {
      // A mint's name will do as well: its watches are events too.
      guard sources.isSubset(of: entries.map(\.name)) else {
        return .response(.unknownSource("wallet"))
      }
      filter.sources = sources
    }
    let lists = request.query.values(for: "types")
    if !lists.isEmpty {
      let names = lists.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
      let kinds = names.compactMap { EventKind(rawValue: String($0)) }.filter(\.isSelectable)
      guard kinds.count == names.count, !kinds.isEmpty else {
        let known = EventKind.allCases.filter(\.isSelectable).map(\.rawValue)
          .joined(separator: ", ")
        return .response(.badParameter("types", "a list of: \(known)"))
      }
      filter.kinds = Set(kinds)
    }
    guard let hub else { return .response(Self.notFound) }
    guard hub.subscriberCount < maximumSubscribers else {
      subscribersRefused += 1
      // Any other status would end an EventSource for good (WHATWG HTML 9.2.3).
      var response = HTTPResponse(
        status: 200, headers: Self.streamHeaders,
        body: StreamBlock.retry(milliseconds: Self.retryWhenFull))
      response.headers.append(name: "Connection", value: "close")
      return .response(response)
    }
    let start = Self.start(of: request)
    let wanted = filter
    return .stream(HTTPStreamHead(headers: Self.streamHeaders)) { [weak self] stream in
      hub.subscribe(stream, filter: wanted, start: start)
      self?.assumeIsolated { bridge in
        if case .session(let identifier) = admission {
          bridge.sessions.attach(stream, to: identifier)
        }
        bridge.subscribersChanged()
      }
    }
  }

  nonisolated func subscriberLeft(_ stream: StreamID) {
    assumeIsolated { bridge in
      bridge.sessions.detach(stream)
      bridge.subscribersChanged()
    }
  }

  /// When all places are taken, clients come back after this, in milliseconds.
  private static let retryWhenFull: UInt32 = 10_000

  private static let streamHeaders: HTTPHeaders = [
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
  ]

  /// The header first: a browser that reconnects by itself repeats the URL's parameters, which are
  /// older.
  private static func start(of request: HTTPRequest) -> StreamCursor.Start {
    let id =
      request.headers["Last-Event-ID"].flatMap { $0.isEmpty ? nil : $0 }
      ?? Route.streamStarts.lazy.compactMap { request.query[$0] }.first { !$0.isEmpty }
    guard let id else { return .now }
    return id == "earliest" ? .earliest : .after(id)
  }
}
