import BridgeModel

/// A watch that is being followed.
struct TrackedWatch: Sendable {
  var record: WatchRecord
  /// Watches are subscribed in the order of their coming.
  let number: Int
  /// The acknowledged subscription that covers it.
  var subID: String?
  /// The largest group it may be subscribed in: halved when a mint does not bear its group.
  var groupLimit = SubscriptionTable.maximumFilters
  /// The mint bears no subscription for it.
  var isPollOnly = false
  /// The mint could not answer a question for many that it was in.
  var isAskedAlone = false
  /// How often in a row the mint said that it knows no such quote.
  var unknownAnswers = 0
  /// Since when it has been at rest, see ``WatchRecord/isAtRest(at:)``; the clock may be set, this
  /// does not move.
  var restingSince: Duration?
  /// At rest for so long that it is only polled.
  var hasLeftSubscriptions = false
  private var strikes = 0

  init(_ record: WatchRecord, number: Int) {
    self.record = record
    self.number = number
  }

  /// The mint did not take a group of this size that it was in.
  mutating func suspect(groupSize: Int, isCertain: Bool) {
    groupLimit = max(1, groupSize / 2)
    guard groupSize == 1 else { return }
    strikes += 1
    if isCertain || strikes >= Self.maximumStrikes { isPollOnly = true }
  }

  /// The mint took a group that it was in.
  mutating func forgive() {
    groupLimit = SubscriptionTable.maximumFilters
    isPollOnly = false
    strikes = 0
  }

  private static let maximumStrikes = 2
}

/// What was seen of one watch.
struct Observation: Sendable {
  var handle: WatchHandle
  var report: WatchReport
  var via: WatchTransition.Path
}
