import BridgeModel
import Glibc

/// The machine's clocks. The cores are told the time; the shells ask here.
struct SystemClock: Sendable {
  func now() -> Instant {
    Instant(uptime: Self.read(CLOCK_MONOTONIC), wall: wall())
  }

  private func wall() -> Timestamp {
    Timestamp(milliseconds: Self.read(CLOCK_REALTIME).wholeMilliseconds)
  }

  private static func read(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }
}
