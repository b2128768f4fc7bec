import Glibc

/// `CLOCK_MONOTONIC` in nanoseconds: it never goes back, and stands still while the machine sleeps.
enum MonotonicClock {
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// The moment `delay` from now; a negative delay is none, one beyond 500 years is the end of
  /// time.
  static func now(plus delay: Duration) -> UInt64 {
    let (seconds, attoseconds) = delay.components
    guard delay > .zero else { return now() }
    let (nanoseconds, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return .max }
    let (sum, sumOverflow) = nanoseconds.addingReportingOverflow(
      UInt64(attoseconds / 1_000_000_000))
    let (deadline, deadlineOverflow) = now().addingReportingOverflow(sum)
    return sumOverflow || deadlineOverflow ? .max : deadline
  }

  /// Whole milliseconds until `deadline`, rounded up: waking early would mean waking twice.
  static func milliseconds(until deadline: UInt64) -> CInt {
    let now = now()
    guard deadline > now else { return 0 }
    let remaining = deadline - now
    let milliseconds = remaining / 1_000_000 + (remaining % 1_000_000 == 0 ? 0 : 1)
    return CInt(clamping: milliseconds)
  }
}
