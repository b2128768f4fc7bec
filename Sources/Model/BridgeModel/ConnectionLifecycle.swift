/// The six connection states and every rule on delays, attempts and deadlines, for any source that
/// keeps a socket.
///
/// Its methods are the things that can happen; each returns what to do about it. Its owner tells it
/// when the upstream has confirmed itself by an answer (``confirmed(now:)``) and when it does not
/// answer (``unanswered(_:_:retryAt:now:)``).
package struct ConnectionLifecycle: Sendable {
  private enum Phase: Sendable, Hashable {
    case down(SourceReason)
    /// An attempt to open the socket is under way.
    case opening(SocketID, since: Duration)
    /// Open (or no socket is used), and the upstream has not confirmed itself yet.
    case confirming(SocketID?)
    case connected(SocketID?)
    /// The socket is open and the upstream does not answer questions; it may have answered on this
    /// socket before.
    case unanswered(SocketID, hasConnected: Bool)
    /// The next attempt is due at this uptime; nil: only by hand.
    case waiting(until: Duration?)
    /// Credentials refused: no attempt but by hand.
    case refused
  }

  private let policy: ReconnectPolicy
  /// Where to open the socket; nil: none is used, the source only polls.
  private var request: SocketRequest?
  private var phase: Phase = .down(.stopping)
  /// Connected at least once since start, resume or a reconnect by hand.
  private var hasConnected = false
  /// Attempts that failed and connections that dropped, since the last success.
  private var failures = 0
  /// The outage began with close code 1011.
  private var isServerError = false
  private var lastSocket: UInt64 = 0
  package private(set) var heartbeat: Heartbeat
  /// State, reason, retry and metrics are kept here; the rest is the owner's to fill in.
  package var status: SourceStatus

  package init(
    policy: ReconnectPolicy, heartbeat: Heartbeat, request: SocketRequest?, since: Instant
  ) {
    self.policy = policy
    self.heartbeat = heartbeat
    self.request = request
    status = SourceStatus(since: since)
  }

  // MARK: What the owner may ask

  /// The open socket.
  package var socket: SocketID? {
    switch phase {
    case .confirming(let socket), .connected(let socket): socket
    case .unanswered(let socket, _): socket
    case .down, .opening, .waiting, .refused: nil
    }
  }

  package var isWanted: Bool {
    if case .down = phase { return false }
    return true
  }

  /// Questions may be asked: a connection is wanted and the credentials were not refused.
  package var mayAsk: Bool { isWanted && phase != .refused }

  package var isConnected: Bool {
    if case .connected = phase { return true }
    return false
  }

  /// Open, or polling, and not confirmed yet.
  package var isConfirming: Bool {
    if case .confirming = phase { return true }
    return false
  }

  package var usesSocket: Bool { request != nil }

  package func isCurrent(_ id: SocketID) -> Bool {
    if case .opening(let current, _) = phase { return current == id }
    return socket == id
  }

  /// When ``wake(now:using:)`` is due next.
  package var nextWake: Duration? {
    if case .waiting(let until) = phase { return until }
    return heartbeat.nextWake
  }

  // MARK: What can happen

  /// A connection is wanted, by start, resume or a reconnect by hand: attempts are counted anew.
  package mutating func start(now: Instant) -> [SourceEffect] {
    let effects = dropSocket(code: Self.normalClosure)
    hasConnected = false
    failures = 0
    isServerError = false
    if status.metrics.downSince == nil { status.metrics.downSince = now.uptime }
    return effects + attempt(now: now)
  }

  /// No connection is wanted.
  package mutating func stop(_ reason: SourceReason, now: Instant) -> [SourceEffect] {
    let effects = dropSocket(code: Self.normalClosure)
    endOutage(now)
    enter(.down(reason), reason: reason, now)
    return effects
  }

  /// The attempt has an open socket. The upstream still has to confirm itself.
  package mutating func opened(_ id: SocketID, now: Instant) {
    guard case .opening(id, let since) = phase else { return }
    status.metrics.lastConnectTime = now.uptime - since
    status.metrics.connectTimes.add(now.uptime - since)
    heartbeat.start(at: now.uptime)
    enter(.confirming(id), reason: status.reason, now)
  }

  /// The upstream answered as it should: connected, if the socket is open or none is used.
  package mutating func confirmed(now: Instant) {
    switch phase {
    case .confirming(let socket):
      becomeConnected(socket, isNew: true, now)
    case .unanswered(let socket, let hasConnected):
      becomeConnected(socket, isNew: !hasConnected, now)
    case .down, .opening, .connected, .waiting, .refused:
      break
    }
  }

  /// The socket is open and the upstream does not answer questions; the owner asks again at
  /// `retryAt`. Where no socket is used, this is a failed attempt.
  package mutating func unanswered(
    _ reason: SourceReason, _ message: String, retryAt: Duration?, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    status.lastError = message
    switch phase {
    case .confirming(nil), .connected(nil):
      let minimum = reason == .rateLimited ? RequestGovernor.silence : .zero
      failed(reason, atLeast: minimum, now: now, using: &random)
    case .confirming(let socket?):
      becomeUnanswered(socket, hasConnected: false, reason, retryAt, now)
    case .connected(let socket?):
      becomeUnanswered(socket, hasConnected: true, reason, retryAt, now)
    case .unanswered(let socket, let hasConnected):
      becomeUnanswered(socket, hasConnected: hasConnected, reason, retryAt, now)
    case .down, .opening, .waiting, .refused:
      break
    }
  }

  /// The attempt ended without an open socket.
  package mutating func attemptFailed(
    _ id: SocketID, _ failure: UpstreamFailure, atLeast minimum: Duration = .zero, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    guard case .opening(id, _) = phase else { return }
    status.lastError = failure.message
    failed(
      failure.reason, atLeast: max(minimum, failure.minimumDelay), now: now, using: &random)
  }

  /// The open socket was closed by the peer or by the network.
  package mutating func closed(
    _ id: SocketID, code: Int, reason: String, atLeast minimum: Duration = .zero, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    guard socket == id else { return }
    status.metrics.lastCloseCode = code
    status.metrics.lastCloseReason = reason
    status.lastError =
      (code == Self.abnormalClosure
        ? "the connection was lost" : "the socket was closed with code \(code)")
      + (reason.isEmpty ? "" : ": \(reason)")
    isServerError = code == Self.internalError
    let why: SourceReason =
      switch code {
      case Self.internalError: .serverError
      case Self.abnormalClosure: .network
      case Self.protocolErrorCode: .protocolError
      default: .closed
      }
    dropped(why, atLeast: minimum, now: now, using: &random)
  }

  /// The open socket does not deliver what it should: replace it.
  package mutating func replace(
    _ reason: SourceReason, atLeast minimum: Duration = .zero, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let socket else { return [] }
    dropped(reason, atLeast: minimum, now: now, using: &random)
    return [.abortSocket(socket)]
  }

  /// A planned change of the open socket, before the upstream's own limits end it: at once, and not
  /// a failure.
  package mutating func rotate(now: Instant) -> [SourceEffect] {
    guard socket != nil else { return [] }
    beginOutage(now)
    return dropSocket(code: Self.normalClosure) + attempt(now: now)
  }

  /// The upstream told by which socket it is to be reached; nil: by none. The attempt under way
  /// goes on by it.
  package mutating func use(_ request: SocketRequest?, now: Instant) -> [SourceEffect] {
    guard request != self.request else { return [] }
    self.request = request
    guard mayAsk else { return [] }
    let effects = dropSocket(code: Self.normalClosure)
    if case .confirming(nil) = phase { status.metrics.connectionAttempts -= 1 }
    beginOutage(now)
    return effects + attempt(now: now)
  }

  /// The upstream itself said that the key is not good.
  package mutating func refused(_ message: String, now: Instant) -> [SourceEffect] {
    guard mayAsk else { return [] }
    let effects = dropSocket(code: Self.normalClosure)
    status.lastError = message
    beginOutage(now)
    enter(.refused, reason: .credentials, now)
    return effects
  }

  /// The machine's network changed: try at once, or make sure that the open socket still lives.
  package mutating func networkChanged(now: Instant) -> [SourceEffect] {
    heartbeat.hurry(at: now.uptime)
    guard case .waiting = phase else { return [] }
    failures = 0
    return attempt(now: now)
  }

  package mutating func activity(_ id: SocketID) {
    if socket == id { heartbeat.sawLife() }
  }

  package mutating func pong(_ id: SocketID, now: Instant) {
    guard socket == id else { return }
    heartbeat.answered(at: now.uptime)
    status.heartbeatRoundTrip = heartbeat.roundTrip
  }

  /// Time has passed. Says what is due: an attempt, or a dead socket; `probe` is called when a
  /// heartbeat is.
  package mutating func wake(
    now: Instant, using random: inout some RandomNumberGenerator,
    probe: (SocketID) -> [SourceEffect]
  ) -> [SourceEffect] {
    if case .waiting(let until?) = phase, now.uptime >= until {
      return attempt(now: now)
    }
    guard let socket else { return [] }
    switch heartbeat.due(at: now.uptime) {
    case .nothing:
      return []
    case .probe:
      return probe(socket)
    case .dead:
      status.lastError =
        "no sign of life within \(heartbeat.timeout.wholeMilliseconds) ms of a ping"
      return replace(.heartbeat, now: now, using: &random)
    }
  }

  // MARK: Transitions

  private mutating func attempt(now: Instant) -> [SourceEffect] {
    status.metrics.connectionAttempts += 1
    guard let request else {
      enter(.confirming(nil), reason: status.reason, now)
      return []
    }
    lastSocket += 1
    let id = SocketID(lastSocket)
    enter(.opening(id, since: now.uptime), reason: status.reason, now)
    return [.openSocket(id, request)]
  }

  private mutating func becomeUnanswered(
    _ socket: SocketID, hasConnected: Bool, _ reason: SourceReason, _ retryAt: Duration?,
    _ now: Instant
  ) {
    beginOutage(now)
    enter(.unanswered(socket, hasConnected: hasConnected), reason: reason, now)
    status.nextRetryAt = retryAt.map(now.wall(at:))
  }

  private mutating func becomeConnected(_ socket: SocketID?, isNew: Bool, _ now: Instant) {
    if isNew { status.metrics.successfulConnections += 1 }
    hasConnected = true
    failures = 0
    isServerError = false
    endOutage(now)
    status.lastError = nil
    enter(.connected(socket), reason: nil, now)
  }

  private mutating func dropped(
    _ reason: SourceReason, atLeast minimum: Duration = .zero, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    status.metrics.disconnections += 1
    failed(reason, atLeast: minimum, now: now, using: &random)
  }

  private mutating func failed(
    _ reason: SourceReason, atLeast minimum: Duration = .zero, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    heartbeat.stop()
    beginOutage(now)
    failures += 1
    let delay = policy.delay(
      beforeAttempt: failures, afterServerError: isServerError, using: &random)
    let until = delay.map { now.uptime + max($0, minimum) }
    enter(.waiting(until: until), reason: reason, now)
    status.nextRetryAt = until.map(now.wall(at:))
  }

  private mutating func dropSocket(code: UInt16) -> [SourceEffect] {
    heartbeat.stop()
    if case .opening(let id, _) = phase { return [.abortSocket(id)] }
    return socket.map { [.closeSocket($0, code: code)] } ?? []
  }

  private mutating func beginOutage(_ now: Instant) {
    if status.metrics.downSince == nil { status.metrics.downSince = now.uptime }
  }

  private mutating func endOutage(_ now: Instant) {
    status.metrics.pastDowntime = status.metrics.downtime(at: now.uptime)
    status.metrics.downSince = nil
  }

  private mutating func enter(_ next: Phase, reason: SourceReason?, _ now: Instant) {
    phase = next
    let state = currentState
    // An attempt after an outage keeps the outage's reason; a first attempt has none.
    let reason = state == .connecting ? nil : reason
    if state != status.state { status.since = now }
    status.state = state
    status.reason = reason
    status.nextRetryAt = nil
    status.metrics.reconnectAttempt = failures
  }

  private var currentState: SourceState {
    let isExhausted = failures > policy.maximumAttempts
    return switch phase {
    case .down: .disconnected
    case .refused: .failed
    case .connected: .connected
    case .unanswered: .error
    case .opening, .confirming:
      isExhausted ? .failed : hasConnected ? .reconnecting : .connecting
    case .waiting:
      isExhausted ? .failed : hasConnected ? .reconnecting : .error
    }
  }

  // RFC 6455 section 7.4.1.
  private static let normalClosure: UInt16 = 1000
  private static let protocolErrorCode = 1002
  private static let abnormalClosure = 1006
  private static let internalError = 1011
}

extension UpstreamFailure {
  /// The word of the contract for this failure.
  package var reason: SourceReason {
    switch kind {
    case .network: .network
    case .timeout: .timeout
    case .tls: .tls
    case .protocolError: .protocolError
    case .upgradeRefused(429): .rateLimited
    case .upgradeRefused(500...): .serverError
    case .upgradeRefused: .upgradeRefused
    }
  }

  /// A server that limits its clients gets silence, or it goes on limiting.
  package var minimumDelay: Duration {
    kind == .upgradeRefused(status: 429) ? RequestGovernor.silence : .zero
  }
}
