import BridgeModel

extension CashuSource {
  // MARK: Coming and going

  mutating func add(_ record: WatchRecord, _ now: Instant) {
    guard watches[record.handle] == nil, handles[record.secret.revealed] == nil,
      !record.kind.isFinal(record.state)
    else { return }
    watchesSeen += 1
    let watch = TrackedWatch(record, number: watchesSeen)
    watches[record.handle] = watch
    handles[record.secret.revealed] = record.handle
    noteRest(record.handle, now)
    polls.add(
      record.handle, isAtRest: watches[record.handle]?.restingSince != nil, at: now.uptime)
    if watches[record.handle].map(isSubscribable) == true {
      table?.arrive(record.handle, record.kind)
    }
  }

  mutating func remove(_ handle: WatchHandle) {
    guard let watch = watches.removeValue(forKey: handle) else { return }
    handles[watch.record.secret.revealed] = nil
    skipped.clear(.watch(handle))
    if let emptied = table?.leave(handle, watch.subID) { table?.ending.append(emptied) }
  }

  // MARK: At rest

  /// Whether a watch is at rest, and since when. How long is measured without the wall clock, which
  /// may be set; only after a start that clock has to do.
  mutating func noteRest(_ handle: WatchHandle, _ now: Instant) {
    guard var watch = watches[handle] else { return }
    defer { watches[handle] = watch }
    guard watch.record.isAtRest(at: now.wall) else {
      watch.restingSince = nil
      watch.hasLeftSubscriptions = false
      return
    }
    let restedBefore = watch.record.restedAt.map { max(.zero, now.wall - $0) } ?? .zero
    let since = watch.restingSince ?? now.uptime - restedBefore
    watch.restingSince = since
    guard now.uptime - since >= PollPlan.restSubscribed else { return }
    watch.hasLeftSubscriptions = true
    if let emptied = table?.leave(handle, watch.subID) { table?.ending.append(emptied) }
    watch.subID = nil
  }

  /// Whoever was at rest for a week, and was asked about once more, is let go of. A restart asks
  /// once again.
  mutating func endRested(_ handles: [WatchHandle], _ now: Instant) {
    for handle in handles {
      guard let since = watches[handle]?.restingSince,
        now.uptime - since >= PollPlan.restLimit,
        pendingCommit?.watches.contains(where: { $0.handle == handle }) != true
      else { continue }
      remove(handle)
    }
  }

  // MARK: Transitions

  /// What the mint said. News is written down, then published.
  mutating func observe(_ observations: [Observation], _ now: Instant) -> [SourceEffect] {
    guard pendingCommit == nil else {
      held += observations
      return []
    }
    var changed: [WatchHandle: WatchRecord] = [:]
    var order: [WatchHandle] = []
    var events: [BridgeEvent] = []
    for observation in observations {
      guard let watch = watches[observation.handle] else { continue }
      let old = changed[observation.handle] ?? watch.record
      let new = old.updated(by: observation.report, at: now.wall)
      guard new != old else {
        if observation.via == .websocket { connection.status.frames.duplicate += 1 }
        continue
      }
      if changed.updateValue(new, forKey: observation.handle) == nil {
        order.append(observation.handle)
      }
      guard new.isNews(after: old) else { continue }
      events.append(
        .watch(
          WatchTransition(
            new, previousState: old.state, observedAt: now.wall, via: observation.via)))
      noteWhoSawIt(observation, watch, new.state, now)
    }
    guard !order.isEmpty else { return [] }
    let commit = Commit(watches: order.compactMap { changed[$0] }, events: events)
    pendingCommit = commit
    return [.commit(commit)]
  }

  private mutating func noteWhoSawIt(
    _ observation: Observation, _ watch: TrackedWatch, _ state: WatchState, _ now: Instant
  ) {
    switch observation.via {
    case .websocket:
      isSocketMute = false
    case .poll:
      guard watch.subID != nil, watch.record.kind.knows(state) else { return }
      awaitedPushes.await(observation.report.secret, from: now.uptime)
    }
  }

  /// The mint says, twice, that there is no such quote.
  mutating func takeUnknown(_ handle: WatchHandle, _ now: Instant) -> [SourceEffect] {
    guard pendingCommit == nil, var watch = watches[handle] else { return [] }
    watch.unknownAnswers += 1
    watches[handle] = watch
    guard watch.unknownAnswers >= Self.unknownAnswersNeeded else { return [] }
    let previous = watch.record.state
    watch.record.state = .unknown
    watch.record.observedAt = now.wall
    let commit = Commit(
      watches: [watch.record],
      events: [
        .watch(
          WatchTransition(
            watch.record, previousState: previous, observedAt: now.wall, via: .poll))
      ])
    pendingCommit = commit
    return [.commit(commit)]
  }

  private static let unknownAnswersNeeded = 2

  // MARK: Commits

  mutating func takeCommitted(_ now: Instant) -> [SourceEffect] {
    guard let commit = pendingCommit else { return [] }
    pendingCommit = nil
    for record in commit.watches {
      watches[record.handle]?.record = record
      if record.kind.isFinal(record.state) { remove(record.handle) }
    }
    let waiting = held
    held = []
    return observe(waiting, now)
  }

  /// Nothing of it is on disk, so nothing of it has happened. Notifications do not come twice:
  /// polls bring it.
  mutating func takeCommitFailed(
    _ message: String, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    pendingCommit = nil
    held = []
    questionHealth = .unknown
    let retryAt = now.uptime + Self.storageRetry
    connection.unanswered(.storage, message, retryAt: retryAt, now: now, using: &random)
    polls.askAgain()
    polls.backOff(until: retryAt)
    return abandonQuestion()
  }

  private static let storageRetry: Duration = .seconds(5)
}
