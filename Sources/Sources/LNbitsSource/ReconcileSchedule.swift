import BridgeModel

/// When the wallet is to be asked next, and how urgently.
///
/// A first frame is answered at once. While frames keep coming, rounds move apart to half a second,
/// so that a thousand frames in a second cost a handful of requests.
struct ReconcileSchedule: Sendable {
  private let interval: Duration
  private var dirty: UpstreamRequest.Urgency?
  private var timerAt: Duration?
  /// A round that has to come sooner than the timer: a retry, or a difference to look at again.
  private var soonerAt: Duration?
  private var notBefore: Duration = .zero
  private var spacing: Duration = .zero
  private var lastStart: Duration = .zero
  private var silentUntil: Duration = .zero

  private static let leastSpacing: Duration = .milliseconds(50)
  private static let mostSpacing: Duration = .milliseconds(500)
  /// After this long without a round, the next frame is answered at once again.
  private static let calm: Duration = .seconds(1)

  init(interval: Duration) {
    self.interval = interval
  }

  /// When the next round is due; nil: not at all.
  var due: Duration? {
    let times = [dirty == nil ? nil : notBefore, timerAt, soonerAt].compactMap { $0 }
    return times.min().map { max($0, silentUntil) }
  }

  var urgency: UpstreamRequest.Urgency { dirty ?? .timer }

  /// Something may have changed.
  mutating func markDirty(_ urgency: UpstreamRequest.Urgency, at now: Duration) {
    if now - lastStart > Self.calm { spacing = .zero }
    dirty = max(dirty ?? urgency, urgency)
    notBefore = lastStart + spacing
  }

  mutating func roundStarted(at now: Duration) {
    dirty = nil
    soonerAt = nil
    timerAt = now + interval
    lastStart = now
    spacing = min(max(spacing * 2, Self.leastSpacing), Self.mostSpacing)
  }

  /// A round is wanted by then at the latest.
  mutating func ask(by time: Duration) {
    soonerAt = min(soonerAt ?? time, time)
  }

  /// The upstream did not answer: leave it alone until then.
  mutating func backOff(until time: Duration) {
    silentUntil = max(silentUntil, time)
    ask(by: time)
  }

  /// Nothing is due any more. A silence that the upstream asked for stays.
  mutating func clear() {
    let silence = silentUntil
    self = ReconcileSchedule(interval: interval)
    silentUntil = silence
  }
}
