import BridgeModel
import DequeModule

/// The subscriptions of one connection; a new connection begins with a new table.
struct SubscriptionTable: Sendable {
  /// cdk drops notifications silently past a queue of 100, so a group stays well below.
  static let maximumFilters = 50
  /// What the standing subscriptions hold together. The rest of a mint's 1000 is for probes.
  static let maximumStandingFilters = 800
  /// Nutshell counts 1000 filters for each connection, ended ones too.
  static let rotationFilters = 900
  /// cdk allows 100 subscriptions for each connection. Watches that came one by one are packed by
  /// rotating.
  static let rotationSubscriptions = 60
  /// Between groups that are not full: watches that come one after the other should share one.
  static let groupSpacing: Duration = .seconds(2)
  /// Nutshell closes after 600 s without a message; a ping is none.
  static let maximumSilence: Duration = .seconds(540)

  struct Subscription: Sendable {
    var kind: WatchKind
    /// Those that are over leave, though the mint still counts them.
    var handles: [WatchHandle]
  }

  /// A request that the mint has not answered yet.
  struct Outstanding: Sendable {
    var request: Int64
    var subID: String
    var deadline: Duration
  }

  let openedAt: Duration
  private(set) var lastMessageAt: Duration
  /// Those the mint has acknowledged, by subId.
  var active: [String: Subscription] = [:]
  /// The one that is being asked for: one at a time, so that a mint which dislikes one tells which.
  var pending: Subscription?
  var outstanding: Outstanding?
  /// In no subscription yet, in the order of their coming.
  private var waiting: [WatchKind: Deque<WatchHandle>] = [:]
  /// Some of them came while the connection was open, and more may follow them.
  private var areArriving = false
  private var lastGroupAt: Duration?
  private var filtersCounted = 0
  private var standingFilters = 0

  /// The heartbeat's subscription, until the mint answered or the next one is due.
  var probe: Outstanding?
  /// Subscriptions that nobody needs any more, until the budget allows to end them.
  var ending: Deque<String> = []
  /// When something was sent that some mints close the connection over.
  var lastRiskAt: Duration?

  init(openedAt: Duration) {
    self.openedAt = openedAt
    lastMessageAt = openedAt
  }

  mutating func wait(_ handle: WatchHandle, _ kind: WatchKind) {
    waiting[kind, default: []].append(handle)
  }

  /// A new watch, on an open connection.
  mutating func arrive(_ handle: WatchHandle, _ kind: WatchKind) {
    wait(handle, kind)
    areArriving = true
  }

  /// When the next group may be asked for; nil while there is nobody to ask for, or no room.
  var nextGroup: Duration? {
    guard canGrow else { return nil }
    let isFull = waiting.values.contains { $0.count >= Self.maximumFilters }
    guard areArriving, !isFull, let lastGroupAt else { return .zero }
    return lastGroupAt + Self.groupSpacing
  }

  var hasWaiting: Bool { waiting.values.contains { !$0.isEmpty } }

  /// There is somebody to subscribe for, and room.
  private var canGrow: Bool {
    outstanding == nil && hasWaiting && standingFilters < Self.maximumStandingFilters
  }

  /// The mint's limits are near, and no answer is due that a new connection would cost.
  var mayRotate: Bool {
    (filtersCounted >= Self.rotationFilters || active.count >= Self.rotationSubscriptions)
      && outstanding == nil && probe == nil
  }

  /// When the mint would lose patience with a silent connection.
  var idleRotation: Duration { lastMessageAt + Self.maximumSilence }

  /// The next group of one kind; `limit` says how large a group a watch may be in, nil: it waits no
  /// more.
  mutating func takeGroup(limit: (WatchHandle) -> Int?) -> Subscription? {
    for kind in WatchKind.allCases {
      var group: [WatchHandle] = []
      var largest = min(Self.maximumFilters, Self.maximumStandingFilters - standingFilters)
      while let next = waiting[kind]?.first {
        guard let own = limit(next) else {
          waiting[kind]?.removeFirst()
          continue
        }
        guard group.count < min(largest, own) else { break }
        largest = min(largest, own)
        group.append(next)
        waiting[kind]?.removeFirst()
      }
      if !group.isEmpty { return Subscription(kind: kind, handles: group) }
    }
    return nil
  }

  mutating func sent(at now: Duration) { lastMessageAt = now }

  mutating func asked(
    _ subscription: Subscription, _ request: Outstanding, at now: Duration
  ) {
    pending = subscription
    outstanding = request
    lastGroupAt = now
    if !hasWaiting { areArriving = false }
    filtersCounted += subscription.handles.count
    standingFilters += subscription.handles.count
  }

  mutating func probed(_ request: Outstanding) {
    probe = request
    filtersCounted += 1
  }

  /// The mint took the pending subscription.
  mutating func acknowledged() -> Subscription? {
    guard let pending, let outstanding else { return nil }
    active[outstanding.subID] = pending
    self.pending = nil
    self.outstanding = nil
    return pending
  }

  /// The mint did not take it.
  mutating func rejected() -> Subscription? {
    defer {
      pending = nil
      outstanding = nil
    }
    standingFilters -= pending?.handles.count ?? 0
    return pending
  }

  /// A watch is over.
  ///
  /// - Returns: The subscription that holds nobody any more.
  mutating func leave(_ handle: WatchHandle, _ subID: String?) -> String? {
    if let index = pending?.handles.firstIndex(of: handle) {
      pending?.handles.remove(at: index)
      standingFilters -= 1
    }
    guard let subID, let index = active[subID]?.handles.firstIndex(of: handle) else { return nil }
    active[subID]?.handles.remove(at: index)
    standingFilters -= 1
    guard active[subID]?.handles.isEmpty == true else { return nil }
    active[subID] = nil
    return subID
  }
}
