/// What time it is, told from outside: the cores read no clock.
package struct Instant: Sendable, Hashable {
  /// Time on a clock that only goes forward, since some fixed start. All delays and deadlines are
  /// measured on it.
  package var uptime: Duration
  /// The wall clock at the same moment.
  package var wall: Timestamp

  package init(uptime: Duration, wall: Timestamp) {
    self.uptime = uptime
    self.wall = wall
  }

  /// The wall clock at an uptime, for telling people when something is due.
  package func wall(at other: Duration) -> Timestamp {
    wall + (other - uptime)
  }
}
