import BridgeModel
import Glibc

extension Instant {
  /// The time by the machine's clocks.
  static func now() -> Instant {
    Instant(
      uptime: reading(CLOCK_MONOTONIC), wall: Timestamp(milliseconds: 0) + reading(CLOCK_REALTIME))
  }

  /// The corresponding C function is `clock_gettime`, which cannot fail for these clocks.
  private static func reading(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
