import BridgeModel
import EventLoop
import HTTPClientProtocol
import Transport

/// One request and its response.
///
/// On the loop. A kept connection may have been given up by the server at the same moment; then the
/// request goes out once more on a fresh one, for nothing here is but a question.
actor UpstreamExchange {
  struct Outcome: Sendable {
    var result: Result<UpstreamResponse, UpstreamFailure>
    /// The connection, if it is fit for another exchange.
    var reusable: HTTPChannel?
    /// What answered in the server's place; the result is its failure then.
    var obstacle: Obstacle?
  }

  private nonisolated let loop: EventLoop
  private let route: UpstreamRoute
  private let request: UpstreamRequest
  private let key: Secret
  private let options: UpstreamOptions
  private let onEnd: @Sendable (Outcome) -> Void
  private var channel: HTTPChannel?
  private var isReused: Bool
  private var hasReceived = false
  private var parser: HTTPResponseParser
  private var deadline: TimerID?
  private var isDone = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    _ request: UpstreamRequest, key: Secret, options: UpstreamOptions, route: UpstreamRoute,
    loop: EventLoop, reusing channel: HTTPChannel?, onEnd: @escaping @Sendable (Outcome) -> Void
  ) {
    self.request = request
    self.key = key
    self.options = options
    self.route = route
    self.loop = loop
    self.channel = channel
    self.onEnd = onEnd
    isReused = channel != nil
    parser = Self.makeParser(request, options)
  }

  nonisolated func start() {
    assumeIsolated { exchange in
      exchange.deadline = exchange.loop.schedule(after: exchange.options.requestTimeout) {
        exchange.assumeIsolated { $0.expire() }
      }
      exchange.connect()
    }
  }

  /// Ends it without an outcome.
  nonisolated func cancel() {
    assumeIsolated { exchange in
      exchange.isDone = true
      exchange.cleanUp(keep: false)
    }
  }

  private static func makeParser(
    _ request: UpstreamRequest, _ options: UpstreamOptions
  ) -> HTTPResponseParser {
    HTTPResponseParser(
      answering: HTTPMethod(rawValue: request.method) ?? .get,
      limits: HTTPResponseLimits(maximumBodyBytes: options.maximumMessageBytes))
  }

  private func connect() {
    if let channel {
      channel.reuse { [weak self] event in self?.assumeIsolated { $0.take(event) } }
      send()
      return
    }
    let fresh = HTTPChannel(loop: loop, route: route, timeout: options.requestTimeout)
    channel = fresh
    fresh.open { [weak self] event in self?.assumeIsolated { $0.take(event) } }
  }

  private func send() {
    do throws(HTTPRequestError) {
      var headers: HTTPHeaders = ["Accept": "application/json", "User-Agent": "walletwire"]
      if let name = request.keyHeader { headers.append(name: name, value: key.revealed) }
      if !request.body.isEmpty { headers.append(name: "Content-Type", value: "application/json") }
      let query = request.query.isEmpty ? "" : "?" + request.query
      let http = try HTTPClientRequest(
        method: HTTPMethod(rawValue: request.method) ?? .get,
        target: route.url.prefix + request.path + query, host: route.url.hostField,
        headers: headers, body: request.body)
      channel?.send(http.encoded())
    } catch {
      finish(.failure(UpstreamFailure(.protocolError, "the request cannot be written: \(error)")))
    }
  }

  private func take(_ event: ConnectionEvent) {
    guard !isDone else { return }
    switch event {
    case .completed:
      break
    case .opened:
      send()
    case .received(let bytes):
      receive(bytes)
    case .closed(let error):
      ended(error)
    }
  }

  private func receive(_ bytes: [UInt8]) {
    if !hasReceived, let obstacle = Obstacle(firstBytes: bytes) { return finish(obstacle) }
    hasReceived = true
    do throws(HTTPParseError) {
      if let response = try parser.receive(bytes) { finish(response) }
    } catch {
      finish(.failure(UpstreamFailure(error)))
    }
  }

  private func ended(_ error: TransportError?) {
    if isReused, !hasReceived {
      isReused = false
      channel = nil
      parser = Self.makeParser(request, options)
      return connect()
    }
    if !hasReceived, error == .closedByPeer || error == .reset,
      let obstacle = Obstacle(closedUnansweredOver: route.url.scheme)
    {
      return finish(obstacle)
    }
    if let error, error != .closedByPeer {
      return finish(.failure(UpstreamFailure(error)))
    }
    do throws(HTTPParseError) {
      if let response = try parser.receiveEOF() { finish(response) }
    } catch {
      finish(.failure(UpstreamFailure(error)))
    }
  }

  private func expire() {
    deadline = nil
    let limit = options.requestTimeout.wholeMilliseconds
    finish(.failure(UpstreamFailure(.timeout, "no answer over REST within \(limit) ms")))
  }

  private func finish(_ obstacle: Obstacle) {
    finish(.failure(obstacle.failure), obstacle: obstacle)
  }

  private func finish(_ response: HTTPResponse) {
    if let obstacle = Obstacle(response, over: route.url.scheme) { return finish(obstacle) }
    let answer = UpstreamResponse(
      status: response.status, contentType: response.mediaType, body: response.body)
    finish(.success(answer), keep: response.isReusable)
  }

  private func finish(
    _ result: Result<UpstreamResponse, UpstreamFailure>, keep: Bool = false,
    obstacle: Obstacle? = nil
  ) {
    guard !isDone else { return }
    isDone = true
    onEnd(Outcome(result: result, reusable: cleanUp(keep: keep), obstacle: obstacle))
  }

  /// - Returns: the connection, if it is kept.
  @discardableResult private func cleanUp(keep: Bool) -> HTTPChannel? {
    if let deadline { loop.cancel(deadline) }
    deadline = nil
    defer { channel = nil }
    guard keep, let channel, channel.isOpen else {
      channel?.close()
      return nil
    }
    channel.rest()
    return channel
  }
}
