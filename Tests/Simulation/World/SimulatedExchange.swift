import BridgeModel
import HTTPClientProtocol
import LNbitsSimulator

/// One request over the simulated network, and its answer, read by the real parser.
final class SimulatedExchange {
  typealias Answer = Result<UpstreamResponse, UpstreamFailure>

  private let upstream: Upstream
  private unowned let world: World
  private let request: UpstreamRequest
  private let key: String
  private var onEnd: ((Answer) -> Void)?

  init(
    _ request: UpstreamRequest, key: String, to upstream: Upstream, world: World,
    onEnd: @escaping (Answer) -> Void
  ) {
    self.request = request
    self.key = key
    self.upstream = upstream
    self.world = world
    self.onEnd = onEnd
  }

  func start() {
    world.after(Plan.requestTimeout) { [self] in
      finish(.failure(UpstreamFailure(.timeout, "no answer in time")))
    }
    world.after(world.chance.milliseconds(2...80)) { [self] in
      if onEnd != nil { arrive() }
    }
  }

  func cancel() {
    onEnd = nil
  }

  // MARK: At the upstream

  private func arrive() {
    if upstream.has(.refuses) {
      return finish(.failure(UpstreamFailure(.network, "connection refused")))
    }
    if upstream.has(.hangs) { return }
    let (status, type, body, delay) = respond()
    let head =
      "HTTP/1.1 \(status) \r\ncontent-type: \(type)\r\ncontent-length: \(body.count)\r\n\r\n"
    var bytes = Array(head.utf8)
    bytes += body
    if upstream.has(.cutsAnswers), world.chance.happens(0.5) {
      bytes.removeLast(world.chance.number(1...bytes.count))
    }
    var latency = world.chance.milliseconds(2...80) + delay
    if upstream.has(.slow) { latency += world.chance.milliseconds(500...20_000) }
    world.after(latency) { [self] in read(bytes) }
  }

  private func respond() -> (status: Int, type: String, body: [UInt8], delay: Duration) {
    let page = Array("<html><body>nothing of LNbits'</body></html>".utf8)
    if upstream.has(.badGateway) { return (502, "text/html", page, .zero) }
    if upstream.has(.proxyNotFound) { return (404, "text/html; charset=utf-8", page, .zero) }
    if upstream.has(.serverError), world.chance.happens(0.6) {
      return (500, "application/json", Array(#"{"detail":"Internal Server Error"}"#.utf8), .zero)
    }
    if upstream.has(.rateLimited) {
      return (
        429, "application/json",
        Array(#"{"error":"Rate limit exceeded: 200 per 1 minute"}"#.utf8), .zero
      )
    }
    let query = request.query.isEmpty ? "" : "?" + request.query
    let response = upstream.respond(
      to: RESTRequest(
        method: request.method, target: request.path + query,
        headers: request.keyHeader == nil ? [:] : ["x-api-key": key], body: request.body))
    var body = response.body
    if upstream.has(.garblesAnswers), world.chance.happens(0.6) {
      body = world.chance.pick([page, Array("[]".utf8), Array(body.prefix(body.count / 2))])
    }
    return (response.status, "application/json", body, response.delay)
  }

  // MARK: At the bridge

  private func read(_ bytes: [UInt8]) {
    guard onEnd != nil else { return }
    var parser = HTTPResponseParser(
      answering: .get, limits: HTTPResponseLimits(maximumBodyBytes: 16 << 20))
    let cut = bytes.isEmpty ? 0 : world.chance.number(0...bytes.count - 1)
    do throws(HTTPParseError) {
      var response: HTTPResponse?
      for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty && response == nil {
        response = try parser.receive(Array(piece))
      }
      if response == nil { response = try parser.receiveEOF() }
      guard let response else { return }
      finish(
        .success(
          UpstreamResponse(
            status: response.status, contentType: response.mediaType, body: response.body)))
    } catch {
      finish(.failure(UpstreamFailure(.network, "\(error)")))
    }
  }

  private func finish(_ answer: Answer) {
    guard let onEnd else { return }
    self.onEnd = nil
    onEnd(answer)
  }
}
