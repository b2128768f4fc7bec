import BridgeModel

/// The time zone that an LNbits writes without saying so.
///
/// Before 1.5 an LNbits on PostgreSQL writes the local time of its database, without an offset
/// (seen on 1.4.1). Which zone that is, it tells nowhere; but a payment that was not settled at the
/// last reconcile and is now, settled within the minute between, and no two offsets from UTC are
/// less than a quarter of an hour apart.
struct UpstreamZone: Sendable, Hashable {
  /// From UTC, east is positive; nil until a payment has told it. Learned anew with each, for
  /// summers end.
  private(set) var offset: Duration?

  /// What all offsets are multiples of.
  private static let step: Duration = .seconds(900)
  /// The Line Islands' 14 hours; the west has 12.
  private static let largest: Duration = .seconds(14 * 3600)
  /// How far the two clocks may be apart.
  private static let skew: Duration = .seconds(60)
  /// A longer time without a look would admit two offsets.
  private static let longestLook: Duration = .seconds(600)

  /// A payment has settled between two looks at the wallet.
  ///
  /// - Parameters:
  ///   - local: Its time of settlement, as the upstream wrote it, read as if in UTC.
  ///   - last: The last look that did not show it settled.
  ///   - now: The one that does.
  mutating func learn(from local: Timestamp, settledBetween last: Timestamp, and now: Timestamp) {
    guard last <= now, now - last <= Self.longestLook else { return }
    let step = Self.step.wholeMilliseconds
    let ahead = local.milliseconds - now.milliseconds
    // The nearest multiple, of negative numbers too.
    let steps = (Double(ahead) / Double(step)).rounded()
    guard steps.magnitude <= Double(Self.largest.wholeMilliseconds / step) else { return }
    let offset = Self.step * Int(steps)
    let settled = local - offset
    guard settled >= last - Self.skew, settled <= now + Self.skew else { return }
    self.offset = offset
  }

  /// The moment that a local time stands for, and never one after it was seen.
  func moment(of local: Timestamp, seenAt now: Timestamp) -> Timestamp {
    guard let offset, offset > .zero else { return min(local - (offset ?? .zero), now) }
    var moment = local - offset
    // The time of creation is shifted once more each time that LNbits writes the row.
    for _ in 0..<Self.maximumWrites where moment > now { moment = moment - offset }
    return min(moment, now)
  }

  private static let maximumWrites = 8
}
