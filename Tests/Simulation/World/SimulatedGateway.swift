import BridgeModel

/// All requests of a process to one origin, under the real governor, as `OriginGateway` does it.
final class SimulatedGateway {
  private struct Pending {
    var request: UpstreamRequest
    var key: String
    var answer: (SimulatedExchange.Answer) -> Void
    /// Nil while it waits for the governor.
    var exchange: SimulatedExchange?
  }

  let upstream: Upstream
  private unowned let process: BridgeProcess
  private unowned let world: World
  private var governor: RequestGovernor
  private var pending: [RequestGovernor.Ticket: Pending] = [:]
  private var timer: Agenda.Ticket?
  private var audit: RequestAudit

  init(_ upstream: Upstream, requestsPerMinute: Int, process: BridgeProcess, world: World) {
    self.upstream = upstream
    self.process = process
    self.world = world
    governor = RequestGovernor(requestsPerMinute: requestsPerMinute)
    audit = RequestAudit(requestsPerMinute: requestsPerMinute)
  }

  func submit(
    _ request: UpstreamRequest, id: RequestID, from source: String, key: String,
    answer: @escaping (SimulatedExchange.Answer) -> Void
  ) {
    let ticket = RequestGovernor.Ticket(source: source, request: id)
    pending[ticket] = Pending(request: request, key: key, answer: answer, exchange: nil)
    governor.submit(ticket, path: request.path, urgency: request.urgency, at: world.uptime)
    admit()
  }

  func cancel(_ id: RequestID, from source: String) {
    let ticket = RequestGovernor.Ticket(source: source, request: id)
    governor.cancel(ticket)
    pending.removeValue(forKey: ticket)?.exchange?.cancel()
  }

  func close() {
    if let timer { world.agenda.cancel(timer) }
    timer = nil
    for waiting in pending.values { waiting.exchange?.cancel() }
    pending = [:]
  }

  private func admit() {
    for ticket in governor.admit(at: world.uptime) { start(ticket) }
    if let timer { world.agenda.cancel(timer) }
    timer = governor.nextWake.map { due in
      world.agenda.plan(at: max(due, world.uptime)) { [weak self] in
        self?.timer = nil
        self?.admit()
      }
    }
  }

  private func start(_ ticket: RequestGovernor.Ticket) {
    guard let waiting = pending[ticket] else { return }
    if let objection = audit.objection(to: waiting.request.path, at: world.uptime) {
      world.oracle.object("\(upstream.url): \(objection)")
    }
    world.trace("\(ticket.source): GET \(waiting.request.path)?\(waiting.request.query.prefix(80))")
    let exchange = SimulatedExchange(
      waiting.request, key: waiting.key, to: upstream, world: world
    ) { [weak self] answer in self?.finish(ticket, answer) }
    pending[ticket]?.exchange = exchange
    exchange.start()
  }

  private func finish(_ ticket: RequestGovernor.Ticket, _ answer: SimulatedExchange.Answer) {
    guard process.isAlive, let done = pending.removeValue(forKey: ticket) else { return }
    if case .success(let response) = answer, response.status == 429 {
      audit.limited(at: world.uptime)
      let until = governor.limited(at: world.uptime)
      for driver in process.drivers where driver.gateway === self {
        driver.take(.rateLimited(until: until))
      }
    }
    done.answer(answer)
    admit()
  }
}

/// Counts what really went out, to hold it against the promise.
struct RequestAudit {
  private let requestsPerMinute: Int
  private var sent: [String: [Duration]] = [:]
  private var silentUntil: Duration = .zero

  init(requestsPerMinute: Int) {
    self.requestsPerMinute = requestsPerMinute
  }

  mutating func limited(at now: Duration) {
    silentUntil = now + .seconds(60)
  }

  /// Notes a request.
  ///
  /// - Returns: what is wrong with it.
  mutating func objection(to path: String, at now: Duration) -> String? {
    if now < silentUntil { return "a request to \(path) within a minute of a 429" }
    var times = sent[path, default: []]
    times.removeAll { $0 + .seconds(60) <= now }
    times.append(now)
    sent[path] = times
    guard times.count > requestsPerMinute else { return nil }
    return "\(times.count) requests to \(path) in a minute, more than \(requestsPerMinute)"
  }
}
