import BridgeModel

/// A connection's life in a test: it answers what the lifecycle wants, and time passes only when
/// told.
///
/// Delays carry the least jitter, so the first ones are 800 ms, 1600 ms, 3200 ms and so on.
struct Life {
  var lifecycle: ConnectionLifecycle
  var now = Instant(uptime: .seconds(1000), wall: Timestamp(milliseconds: 1_800_000_000_000))
  private var random = Extreme(value: 1)
  private(set) var effects: [SourceEffect] = []
  private(set) var socket = SocketID(0)

  static let request = SocketRequest(path: "/ws/", appendsKey: true)

  init(policy: ReconnectPolicy = ReconnectPolicy(), usesSocket: Bool = true) {
    lifecycle = ConnectionLifecycle(
      policy: policy, heartbeat: Heartbeat(interval: .seconds(30), timeout: .seconds(10)),
      request: usesSocket ? Self.request : nil, since: now)
  }

  var status: SourceStatus { lifecycle.status }
  var metrics: ConnectionMetrics { lifecycle.status.metrics }

  mutating func play(_ steps: [Step]) {
    for step in steps { play(step) }
  }

  /// What happens to a connection.
  enum Step: Sendable {
    case start
    case stop(SourceReason)
    case opened
    case confirmed
    case unanswered(SourceReason)
    case attemptFailed(UpstreamFailure.Kind)
    case closed(Int)
    case refused
    case replaced(SourceReason)
    case networkChanged
    case pong
    case activity
    case passes(Duration)
    /// Time passes until the next wake is due, and it comes.
    case woken
  }

  mutating func play(_ step: Step) {
    switch step {
    case .start: take(lifecycle.start(now: now))
    case .stop(let reason): take(lifecycle.stop(reason, now: now))
    case .opened: lifecycle.opened(socket, now: now)
    case .confirmed: lifecycle.confirmed(now: now)
    case .unanswered(let reason):
      lifecycle.unanswered(
        reason, "no answer", retryAt: now.uptime + .seconds(2), now: now, using: &random)
    case .attemptFailed(let kind):
      lifecycle.attemptFailed(
        socket, UpstreamFailure(kind, "no socket"), now: now, using: &random)
    case .closed(let code):
      lifecycle.closed(socket, code: code, reason: "bye", now: now, using: &random)
    case .refused: take(lifecycle.refused("bad key", now: now))
    case .replaced(let reason): take(lifecycle.replace(reason, now: now, using: &random))
    case .networkChanged: take(lifecycle.networkChanged(now: now))
    case .pong: lifecycle.pong(socket, now: now)
    case .activity: lifecycle.activity(socket)
    case .passes(let time): pass(time)
    case .woken:
      pass(max(.zero, (lifecycle.nextWake ?? now.uptime) - now.uptime))
      take(lifecycle.wake(now: now, using: &random) { [.sendPing($0, [])] })
    }
  }

  private mutating func pass(_ time: Duration) {
    now.uptime += time
    now.wall = now.wall + time
  }

  private mutating func take(_ next: [SourceEffect]) {
    effects = next
    for case .openSocket(let id, _) in next { socket = id }
  }
}
