import BridgeModel

extension CashuSource {
  // MARK: What is said

  func isSubscribable(_ watch: TrackedWatch) -> Bool {
    !watch.isPollOnly && !watch.hasLeftSubscriptions
      && info?.subscribable.contains(watch.record.kind) == true
  }

  /// Asks for the next group, once the one before was answered and the budget allows it.
  mutating func subscribe(_ now: Instant) -> [SourceEffect] {
    guard let socket = connection.socket, var table, now.uptime >= quietUntil,
      let due = table.nextGroup, due <= now.uptime,
      budget.allows(.subscribe, at: now.uptime)
    else { return [] }
    let watches = self.watches
    let group = table.takeGroup { handle in
      watches[handle].flatMap { isSubscribable($0) ? $0.groupLimit : nil }
    }
    guard let group else {
      self.table = table
      return []
    }
    let id = nextMessageID()
    let subID = "watch-\(id)"
    table.asked(
      group,
      SubscriptionTable.Outstanding(
        request: id, subID: subID, deadline: now.uptime + configuration.heartbeatTimeout),
      at: now.uptime)
    table.sent(at: now.uptime)
    self.table = table
    budget.spend(.subscribe, at: now.uptime)
    let filters = group.handles.compactMap { watches[$0]?.record.secret.revealed }
    return [
      .sendText(
        socket, CashuJSON.subscribe(id: id, kind: group.kind, filters: filters, subID: subID))
    ]
  }

  /// Ends the subscriptions that nobody needs any more, of probes above all.
  mutating func endSubscriptions(_ now: Instant) -> [SourceEffect] {
    guard let socket = connection.socket, mayTidyUp, now.uptime >= quietUntil else { return [] }
    var effects: [SourceEffect] = []
    while let subID = table?.ending.first, budget.allows(.tidyUp, at: now.uptime) {
      table?.ending.removeFirst()
      table?.lastRiskAt = now.uptime
      table?.sent(at: now.uptime)
      budget.spend(.tidyUp, at: now.uptime)
      effects.append(
        .sendText(socket, CashuJSON.unsubscribe(id: nextMessageID(), subID: subID)))
    }
    return effects
  }

  // MARK: What is heard

  mutating func takeText(
    _ text: String, _ socket: SocketID, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    connection.status.lastFrameAt = now.wall
    connection.status.frames.received += 1
    guard text.utf8.count <= Self.maximumFrameBytes else {
      connection.status.frames.rejected += 1
      connection.status.lastError =
        "a frame of more than \(Self.maximumFrameBytes) bytes was not read"
      return []
    }
    switch CashuJSON.message(text) {
    case .notification(_, .report(let report)):
      return takeNotification(report, now)
    case .notification(_, .unreadable(let secret)):
      connection.status.frames.rejected += 1
      if let handle = secret.flatMap({ handles[$0] }) { skipped.skip(.watch(handle)) }
    case .result(let id):
      takeAnswer(id, isError: false, socket, now)
    case .error(let id?, _, _) where id != 0:
      takeAnswer(id, isError: true, socket, now)
    case .error(_, let code, _):
      takeNamelessError(code, socket, now)
    case nil:
      connection.status.frames.rejected += 1
    }
    return []
  }

  private mutating func takeNotification(_ report: WatchReport, _ now: Instant) -> [SourceEffect] {
    if awaitedPushes.came(report.secret) { isSocketMute = false }
    guard let handle = handles[report.secret], let kind = watches[handle]?.record.kind else {
      // Most likely of a watch that is over.
      connection.status.frames.duplicate += 1
      return []
    }
    return observe(read(report, kind, handle, .websocket).map { [$0] } ?? [], now)
  }

  /// An answer to one of our requests. That it came is what counts for a probe.
  private mutating func takeAnswer(_ id: Int64, isError: Bool, _ socket: SocketID, _ now: Instant) {
    if let probe = table?.probe, probe.request == id {
      table?.probe = nil
      if !isError { table?.ending.append(probe.subID) }
      quirks.unansweredProbes = 0
      connection.pong(socket, now: now)
    } else if table?.outstanding?.request == id {
      if isError { takeRejection(isCertain: true) } else { takeAcknowledgement() }
      if questionHealth == .limited, now.uptime >= quietUntil { questionHealth = .unknown }
      connection.confirmed(now: now)
    }
  }

  private mutating func takeAcknowledgement() {
    guard let subID = table?.outstanding?.subID, let taken = table?.acknowledged() else { return }
    for handle in taken.handles {
      watches[handle]?.forgive()
      watches[handle]?.subID = subID
    }
  }

  /// The mint will not have this group: smaller groups tell which watch it is.
  private mutating func takeRejection(isCertain: Bool) {
    guard let group = table?.rejected() else { return }
    for handle in group.handles {
      if isCertain {
        watches[handle]?.suspect(groupSize: group.handles.count, isCertain: true)
      }
      table?.wait(handle, group.kind)
    }
  }

  /// `id: 0` or none at all: the mint could not read what we sent, or it limits us (its code then
  /// is another).
  private mutating func takeNamelessError(_ code: Int, _ socket: SocketID, _ now: Instant) {
    let isUnreadable = Self.unreadableCodes.contains(code)
    if let probe = table?.probe {
      table?.probe = nil
      if isUnreadable { table?.ending.append(probe.subID) }
      connection.pong(socket, now: now)
    }
    takeRejection(isCertain: isUnreadable)
    if !isUnreadable { limited(now.uptime) }
  }

  /// A notification is a quote with its invoice or offer; reading this much takes some 10 ms.
  static let maximumFrameBytes = 256 * 1024

  /// JSON-RPC 2.0 section 5.1: parse error, invalid request.
  private static let unreadableCodes = [-32700, -32600]
}
