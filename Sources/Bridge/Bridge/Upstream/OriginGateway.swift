import BridgeModel
import EventLoop
import HTTPClientProtocol
import Transport

/// All requests to one origin: its rate limit, its kept connections, its trust in certificates.
///
/// On the loop. Sources submit; the governor says who may go; an answer comes back to the one who
/// asked, exactly once, unless it was cancelled.
actor OriginGateway {
  typealias Answer = @Sendable (Result<UpstreamResponse, UpstreamFailure>) -> Void

  /// A question on its way, from its submission to its answer.
  private struct Pending {
    var request: UpstreamRequest
    var key: Secret
    var options: UpstreamOptions
    var answer: Answer
    /// Nil while it waits for the governor.
    var exchange: UpstreamExchange?
  }

  /// Connections kept open for the next request; more wait for none, they are simply not kept.
  private static let maximumIdleConnections = 4

  nonisolated let route: UpstreamRoute
  private nonisolated let loop: EventLoop
  private let clock: SystemClock
  private var governor: RequestGovernor
  private var pending: [RequestGovernor.Ticket: Pending] = [:]
  private var idle: [HTTPChannel] = []
  private var timer: TimerID?
  /// Told when the origin said 429.
  private let onLimited: @Sendable (Duration) -> Void

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    route: UpstreamRoute, requestsPerMinute: Int, loop: EventLoop, clock: SystemClock,
    onLimited: @escaping @Sendable (Duration) -> Void
  ) {
    self.route = route
    self.loop = loop
    self.clock = clock
    self.onLimited = onLimited
    governor = RequestGovernor(requestsPerMinute: requestsPerMinute)
  }

  // MARK: For drivers, on the loop

  nonisolated func submit(
    _ request: UpstreamRequest, id: RequestID, from source: String, key: Secret,
    options: UpstreamOptions, answer: @escaping Answer
  ) {
    assumeIsolated { gateway in
      let ticket = RequestGovernor.Ticket(source: source, request: id)
      gateway.pending[ticket] = Pending(
        request: request, key: key, options: options, answer: answer, exchange: nil)
      gateway.governor.submit(
        ticket, path: request.path, urgency: request.urgency, at: gateway.clock.now().uptime)
      gateway.admit()
    }
  }

  nonisolated func cancel(_ id: RequestID, from source: String) {
    assumeIsolated { gateway in
      let ticket = RequestGovernor.Ticket(source: source, request: id)
      gateway.governor.cancel(ticket)
      gateway.pending.removeValue(forKey: ticket)?.exchange?.cancel()
    }
  }

  // MARK: Governor

  private func admit() {
    for ticket in governor.admit(at: clock.now().uptime) { start(ticket) }
    if let timer { loop.cancel(timer) }
    timer = governor.nextWake.map { due in
      loop.schedule(after: max(.zero, due - clock.now().uptime)) { [weak self] in
        self?.assumeIsolated { gateway in
          gateway.timer = nil
          gateway.admit()
        }
      }
    }
  }

  // MARK: Exchanges

  private func start(_ ticket: RequestGovernor.Ticket) {
    guard let waiting = pending[ticket] else { return }
    idle.removeAll { !$0.isOpen }
    let exchange = UpstreamExchange(
      waiting.request, key: waiting.key, options: waiting.options, route: route, loop: loop,
      reusing: idle.popLast()
    ) { [weak self] outcome in
      self?.assumeIsolated { $0.finish(ticket, outcome) }
    }
    pending[ticket]?.exchange = exchange
    exchange.start()
  }

  private func finish(_ ticket: RequestGovernor.Ticket, _ outcome: UpstreamExchange.Outcome) {
    if let channel = outcome.reusable { keep(channel) }
    guard let done = pending.removeValue(forKey: ticket) else { return }
    if case .success(let response) = outcome.result, response.status == 429 {
      onLimited(governor.limited(at: clock.now().uptime))
    }
    done.answer(outcome.result)
    admit()
  }

  private func keep(_ channel: HTTPChannel) {
    idle.removeAll { !$0.isOpen }
    guard idle.count < Self.maximumIdleConnections else { return channel.close() }
    idle.append(channel)
  }

  /// Lets go of the kept connections. Only on the loop.
  nonisolated func close() {
    assumeIsolated { gateway in
      for channel in gateway.idle { channel.close() }
      gateway.idle = []
      if let timer = gateway.timer { gateway.loop.cancel(timer) }
      gateway.timer = nil
    }
  }
}
