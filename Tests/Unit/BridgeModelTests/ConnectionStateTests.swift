import BridgeModel
import Testing

/// The contract's "Connection states": what happens, and what is then shown.
@Suite struct ConnectionStateTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var what: String
    var usesSocket = true
    var policy = ReconnectPolicy()
    var steps: [Life.Step]
    var state: SourceState
    var reason: SourceReason?
    /// Until `next_retry_at`.
    var retry: Duration?

    var testDescription: String { what }
  }

  static let connected: [Life.Step] = [.start, .opened, .confirmed]
  static let failure: [Life.Step] = [.attemptFailed(.network), .woken]
  /// The first attempt and five more, all failed.
  static let exhausted: [Life.Step] =
    [.start] + Array(repeating: failure, count: 5).joined() + [.attemptFailed(.network)]

  static let rows: [Row] = [
    Row(what: "before the start", steps: [], state: .disconnected),
    Row(
      what: "disabled from the start", steps: [.stop(.disabled)],
      state: .disconnected, reason: .disabled),
    Row(what: "a first attempt", steps: [.start], state: .connecting),
    Row(
      what: "an open socket is not enough", steps: [.start, .opened], state: .connecting),
    Row(what: "open and confirmed", steps: connected, state: .connected),
    Row(
      what: "a first attempt failed", steps: [.start, .attemptFailed(.network)],
      state: .error, reason: .network, retry: .milliseconds(800)),
    Row(
      what: "a first attempt ran into a certificate", steps: [.start, .attemptFailed(.tls)],
      state: .error, reason: .tls, retry: .milliseconds(800)),
    Row(
      what: "a first attempt took too long", steps: [.start, .attemptFailed(.timeout)],
      state: .error, reason: .timeout, retry: .milliseconds(800)),
    Row(
      what: "the upgrade was refused",
      steps: [.start, .attemptFailed(.upgradeRefused(status: 403))],
      state: .error, reason: .upgradeRefused, retry: .milliseconds(800)),
    Row(
      what: "the upgrade met a server in trouble",
      steps: [.start, .attemptFailed(.upgradeRefused(status: 502))],
      state: .error, reason: .serverError, retry: .milliseconds(800)),
    Row(
      what: "the upgrade was limited: a minute",
      steps: [.start, .attemptFailed(.upgradeRefused(status: 429))],
      state: .error, reason: .rateLimited, retry: .seconds(60)),
    Row(
      what: "the peer broke the protocol", steps: [.start, .attemptFailed(.protocolError)],
      state: .error, reason: .protocolError, retry: .milliseconds(800)),
    Row(
      what: "a second attempt, none has succeeded",
      steps: [.start, .attemptFailed(.network), .woken], state: .connecting),
    Row(
      what: "the second delay is twice the first",
      steps: [.start, .attemptFailed(.network), .woken, .attemptFailed(.network)],
      state: .error, reason: .network, retry: .milliseconds(1600)),
    Row(
      what: "after the last attempt the slow retry",
      steps: exhausted, state: .failed, reason: .network, retry: .seconds(60)),
    Row(
      what: "a slow retry under way is still failed",
      steps: exhausted + [.woken], state: .failed, reason: .network),
    Row(
      what: "a slow retry's open socket is still failed",
      steps: exhausted + [.woken, .opened], state: .failed, reason: .network),
    Row(
      what: "a slow retry that fails",
      steps: exhausted + [.woken, .attemptFailed(.tls)],
      state: .failed, reason: .tls, retry: .seconds(60)),
    Row(
      what: "a slow retry that succeeds",
      steps: exhausted + [.woken, .opened, .confirmed], state: .connected),
    Row(
      what: "without a slow retry", policy: ReconnectPolicy(maximumAttempts: 0, failedRetry: .zero),
      steps: [.start, .attemptFailed(.network)], state: .failed, reason: .network),
    Row(
      what: "by hand out of failed", steps: exhausted + [.start], state: .connecting),
    Row(
      what: "by hand the attempts are counted anew",
      steps: exhausted + [.start, .attemptFailed(.network)],
      state: .error, reason: .network, retry: .milliseconds(800)),
  ]

  static let drops: [Row] = [
    Row(
      what: "a clean close by the server", steps: connected + [.closed(1000)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "the server goes away", steps: connected + [.closed(1012)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "a policy violation", steps: connected + [.closed(1008)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "a protocol error", steps: connected + [.closed(1002)],
      state: .reconnecting, reason: .protocolError, retry: .milliseconds(800)),
    Row(
      what: "the connection broke", steps: connected + [.closed(1006)],
      state: .reconnecting, reason: .network, retry: .milliseconds(800)),
    Row(
      what: "1011 has a first delay of its own", steps: connected + [.closed(1011)],
      state: .reconnecting, reason: .serverError, retry: .seconds(4)),
    Row(
      what: "and doubles from there",
      steps: connected + [.closed(1011), .woken, .attemptFailed(.network)],
      state: .reconnecting, reason: .network, retry: .seconds(8)),
    Row(
      what: "until connected again",
      steps: connected + [.closed(1011), .woken, .opened, .confirmed, .closed(1000)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "trying again keeps the outage's reason",
      steps: connected + [.closed(1012), .woken], state: .reconnecting, reason: .closed),
    Row(
      what: "and so does the open socket",
      steps: connected + [.closed(1012), .woken, .opened], state: .reconnecting, reason: .closed),
    Row(
      what: "connected again", steps: connected + [.closed(1012), .woken, .opened, .confirmed],
      state: .connected),
    Row(
      what: "the delay is reset once connected",
      steps: connected + [
        .closed(1012), .woken, .attemptFailed(.network), .woken, .opened, .confirmed, .closed(1012),
      ],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "a socket that never confirmed does not reset it",
      steps: connected + [.closed(1012), .woken, .opened, .closed(1012)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(1600)),
    Row(
      what: "lost for good",
      steps: connected + [.closed(1006)]
        + Array(repeating: [.woken, .attemptFailed(.network)], count: 5)
        .joined(),
      state: .failed, reason: .network, retry: .seconds(60)),
    Row(
      what: "no sign of life", steps: connected + [.woken, .woken],
      state: .reconnecting, reason: .heartbeat, retry: .milliseconds(800)),
    Row(
      what: "a pong in time", steps: connected + [.woken, .passes(.seconds(1)), .pong, .woken],
      state: .connected),
    Row(
      what: "any bytes in time", steps: connected + [.woken, .activity, .woken], state: .connected),
    Row(
      what: "a socket that delivers nothing", steps: connected + [.replaced(.silent)],
      state: .reconnecting, reason: .silent, retry: .milliseconds(800)),
  ]

  static let answers: [Row] = [
    Row(
      what: "the socket is open, the wallet does not answer",
      steps: [.start, .opened, .unanswered(.serverError)],
      state: .error, reason: .serverError, retry: .seconds(2)),
    Row(
      what: "it answered before", steps: connected + [.unanswered(.timeout)],
      state: .error, reason: .timeout, retry: .seconds(2)),
    Row(
      what: "and again", steps: connected + [.unanswered(.timeout), .confirmed], state: .connected),
    Row(
      what: "the socket goes too", steps: connected + [.unanswered(.timeout), .closed(1006)],
      state: .reconnecting, reason: .network, retry: .milliseconds(800)),
    Row(
      what: "an unanswered question while no socket is open",
      steps: connected + [.closed(1012), .unanswered(.timeout)],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "an answer without a socket is no connection",
      steps: connected + [.closed(1012), .confirmed],
      state: .reconnecting, reason: .closed, retry: .milliseconds(800)),
    Row(
      what: "credentials refused", steps: [.start, .opened, .refused],
      state: .failed, reason: .credentials),
    Row(
      what: "credentials refused while it waits", steps: connected + [.closed(1008), .refused],
      state: .failed, reason: .credentials),
    Row(
      what: "a refusal ends all attempts", steps: connected + [.refused, .networkChanged, .woken],
      state: .failed, reason: .credentials),
    Row(
      what: "a reconnect by hand after a refusal", steps: connected + [.refused, .start],
      state: .connecting),
  ]

  static let orders: [Row] = [
    Row(
      what: "paused", steps: connected + [.stop(.paused)], state: .disconnected, reason: .paused),
    Row(
      what: "unwatched", steps: connected + [.stop(.unwatched)],
      state: .disconnected, reason: .unwatched),
    Row(
      what: "a close that we sent: stay down",
      steps: connected + [.stop(.paused), .closed(1000), .woken],
      state: .disconnected, reason: .paused),
    Row(
      what: "nothing that comes late wakes it",
      steps: [
        .start, .stop(.paused), .opened, .confirmed, .attemptFailed(.network),
        .unanswered(.network),
        .refused, .networkChanged, .woken,
      ],
      state: .disconnected, reason: .paused),
    Row(
      what: "resumed", steps: connected + [.stop(.paused), .start], state: .connecting),
    Row(
      what: "a network change tries at once",
      steps: connected + [.closed(1006), .networkChanged], state: .reconnecting, reason: .network),
    Row(
      what: "and resets the delay",
      steps: connected + [
        .closed(1006), .woken, .attemptFailed(.network), .networkChanged, .attemptFailed(.network),
      ],
      state: .reconnecting, reason: .network, retry: .milliseconds(800)),
    Row(
      what: "out of failed too", steps: exhausted + [.networkChanged], state: .connecting),
    Row(
      what: "an open socket is asked whether it lives",
      steps: connected + [.networkChanged, .woken, .woken],
      state: .reconnecting, reason: .heartbeat, retry: .milliseconds(800)),
  ]

  static let polling: [Row] = [
    Row(what: "polling begins", usesSocket: false, steps: [.start], state: .connecting),
    Row(
      what: "the polls succeed", usesSocket: false, steps: [.start, .confirmed], state: .connected),
    Row(
      what: "a first poll fails", usesSocket: false, steps: [.start, .unanswered(.network)],
      state: .error, reason: .network, retry: .milliseconds(800)),
    Row(
      what: "the next one is tried", usesSocket: false,
      steps: [.start, .unanswered(.network), .woken], state: .connecting),
    Row(
      what: "a later poll fails", usesSocket: false,
      steps: [.start, .confirmed, .unanswered(.timeout)],
      state: .reconnecting, reason: .timeout, retry: .milliseconds(800)),
    Row(
      what: "polls are limited: a minute", usesSocket: false,
      steps: [.start, .confirmed, .unanswered(.rateLimited)],
      state: .reconnecting, reason: .rateLimited, retry: .seconds(60)),
    Row(
      what: "polls fail for good", usesSocket: false,
      steps: [.start] + Array(repeating: [.unanswered(.network), .woken], count: 5).joined()
        + [.unanswered(.network)],
      state: .failed, reason: .network, retry: .seconds(60)),
    Row(
      what: "polls are refused", usesSocket: false, steps: [.start, .refused],
      state: .failed, reason: .credentials),
  ]

  @Test(arguments: rows + drops + answers + orders + polling)
  func `what happens decides what is shown`(row: Row) {
    var life = Life(policy: row.policy, usesSocket: row.usesSocket)
    life.play(row.steps)
    #expect(life.status.state == row.state)
    #expect(life.status.reason == row.reason)
    #expect(life.status.nextRetryAt == row.retry.map { life.now.wall + $0 })
  }
}
