import BridgeModel

extension CashuSource {
  // MARK: The connection

  mutating func takeSocket(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    switch input {
    case .socketOpened(let id):
      guard connection.isCurrent(id) else { return [] }
      budget.spend(.connect, at: now.uptime)
      connection.opened(id, now: now)
      openTable(now)
      return []
    case .socketFailed(let id, let failure):
      guard connection.isCurrent(id) else { return [] }
      takeRefusal(id, failure, now: now, using: &random)
      return []
    case .socketText(let id, let text):
      guard connection.socket == id else { return [] }
      connection.activity(id)
      return takeText(text, id, now: now, using: &random)
    case .socketActivity(let id):
      connection.activity(id)
      return []
    case .socketPong(let id, _):
      connection.pong(id, now: now)
      return []
    case .socketClosed(let id, let code, let reason):
      guard connection.socket == id else { return [] }
      connectionEnded(now.uptime)
      connection.closed(
        id, code: code,
        reason: UpstreamText.cut(masked(reason), to: UpstreamText.maximumErrorBytes),
        atLeast: quirks.minimumDelay, now: now, using: &random)
      return []
    default:
      return []
    }
  }

  private mutating func openTable(_ now: Instant) {
    var table = SubscriptionTable(openedAt: now.uptime)
    // Those at rest last: they may be the ones for whom there is no room.
    let ordered = watches.values.sorted {
      ($0.restingSince == nil ? 0 : 1, $0.number) < ($1.restingSince == nil ? 0 : 1, $1.number)
    }
    for watch in ordered where isSubscribable(watch) {
      table.wait(watch.record.handle, watch.record.kind)
    }
    // With nothing to subscribe, an open socket is all there can be.
    if !table.hasWaiting { connection.confirmed(now: now) }
    self.table = table
    awaitedPushes.forget()
  }

  /// A limited Nutshell refuses the upgrade with 500, and goes on limiting whoever insists.
  private mutating func takeRefusal(
    _ id: SocketID, _ failure: UpstreamFailure, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    var minimum: Duration = .zero
    // What never reached the mint, it cannot have counted.
    if failure.kind != .network, failure.kind != .tls { budget.spend(.connect, at: now.uptime) }
    if case .upgradeRefused(let status) = failure.kind {
      if status == 429 || status >= 500 {
        minimum = RequestGovernor.silence
        limited(now.uptime)
      } else {
        // Perhaps the mint does not speak NUT-17 any more.
        polls.infoDueAt = now.uptime
      }
    }
    var failure = failure
    failure.message = masked(failure.message)
    connection.attemptFailed(id, failure, atLeast: minimum, now: now, using: &random)
  }

  /// What a mint or a proxy says may quote what it was asked, and a quote's id is a secret.
  func masked(_ text: String) -> String {
    let masked = handles.keys.reduce(Array(text.utf8)) { bytes, secret in
      Self.replacing(Array(secret.utf8), in: bytes)
    }
    return String(decoding: masked, as: UTF8.self)
  }

  private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard let first = secret.first, secret.count <= bytes.count else { return bytes }
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if byte == first, rest.starts(with: secret) {
        result.append(contentsOf: "***".utf8)
        rest = rest.dropFirst(secret.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// The mint limits us. Whatever we say now keeps it limiting.
  mutating func limited(_ now: Duration) {
    questionHealth = .limited
    quietUntil = max(quietUntil, now + MintBudget.window)
    polls.backOff(until: quietUntil)
  }

  /// The mint, or the network, ended the connection.
  private mutating func connectionEnded(_ now: Duration) {
    guard var table else { return }
    quirks.ended(openedAt: table.openedAt, lastRiskAt: table.lastRiskAt, at: now)
    if let suspects = table.rejected() {
      for handle in suspects.handles {
        watches[handle]?.suspect(groupSize: suspects.handles.count, isCertain: false)
      }
    }
    lostConnection()
  }

  /// When the connection is to be changed for its mint's limits. Not at once: a change is a burst
  /// of messages.
  func rotationTime(_ table: SubscriptionTable, _ now: Duration) -> Duration {
    max(
      table.openedAt + Self.leastRotationInterval, quietUntil, budget.allowed(.rotate, at: now))
  }

  private static let leastRotationInterval: Duration = .seconds(60)

  mutating func rotateIfDue(_ now: Instant) -> [SourceEffect] {
    guard let table, connection.socket != nil, now.uptime >= quietUntil else { return [] }
    let isDue = table.mayRotate && now.uptime >= rotationTime(table, now.uptime)
    guard isDue || now.uptime >= table.idleRotation else { return [] }
    forgetConnection()
    return connection.rotate(now: now)
  }

  // MARK: Time

  mutating func takeWake(
    now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    var due: SocketID?
    var effects = connection.wake(now: now, using: &random) { socket in
      due = socket
      return []
    }
    if connection.socket == nil, table != nil { lostConnection() }
    if let due { effects += probe(due, now: now, using: &random) }
    if let deadline = table?.outstanding?.deadline, now.uptime >= deadline {
      effects += replaceSocket(
        "the mint did not answer a subscription", now: now, using: &random)
    }
    if awaitedPushes.isOverdue(at: now.uptime) { isSocketMute = true }
    return effects
  }

  /// Pongs or notifications may come, but the mint does not answer what it is asked.
  private mutating func replaceSocket(
    _ why: String, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    connectionEnded(now.uptime)
    isSocketMute = true
    connection.status.lastError = why
    return connection.replace(
      .silent, atLeast: quirks.minimumDelay, now: now, using: &random)
  }

  // MARK: Heartbeat

  /// Proves that the mint still answers subscriptions: one active filter again, under a subId of
  /// its own. The same subId would double every notification of it at Nutshell, and end the
  /// connection at others.
  private mutating func probe(
    _ socket: SocketID, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard var table else { return [.sendPing(socket, Self.pingPayload)] }
    if let lastRiskAt = table.lastRiskAt, now.uptime - lastRiskAt > MintQuirks.riskWindow {
      quirks.survived()
    }
    if let unanswered = table.probe {
      // There was life, or the heartbeat had given up; but no answer.
      self.table?.probe = nil
      self.table?.ending.append(unanswered.subID)
      quirks.unansweredProbes += 1
      if quirks.unansweredProbes >= Self.maximumUnansweredProbes {
        isSocketMute = true
        if quirks.mayReplace(at: now.uptime) {
          quirks.unansweredProbes = 0
          return replaceSocket(
            "the mint answers pings, but no subscription", now: now, using: &random)
        }
      }
      return [.sendPing(socket, Self.pingPayload)]
    }
    guard mayTidyUp, now.uptime >= quietUntil, !table.hasWaiting,
      budget.allows(.probe, at: now.uptime),
      let subID = table.active.keys.sorted().randomElement(using: &random),
      let subscription = table.active[subID],
      let handle = subscription.handles.randomElement(using: &random),
      let filter = watches[handle]?.record.secret.revealed
    else { return [.sendPing(socket, Self.pingPayload)] }
    let id = nextMessageID()
    let request = SubscriptionTable.Outstanding(
      request: id, subID: "probe-\(id)", deadline: now.uptime + configuration.heartbeatTimeout)
    table.probed(request)
    table.lastRiskAt = now.uptime
    table.sent(at: now.uptime)
    self.table = table
    budget.spend(.probe, at: now.uptime)
    return [
      .sendText(
        socket,
        CashuJSON.subscribe(
          id: id, kind: subscription.kind, filters: [filter], subID: request.subID))
    ]
  }

  /// Probes and their unsubscribing are safe with this mint.
  var mayTidyUp: Bool {
    !quirks.dislikesProbes && info?.isKnownToDislikeProbes != true
  }

  private static let maximumUnansweredProbes = 2
  private static let pingPayload = Array("walletwire".utf8)
}
