/// How often a wrong token is answered with a plain 401: a bucket that wrong tokens empty and time
/// fills.
///
/// It is for the whole process, and is asked only after the token has proved wrong. So a stranger
/// who keeps it empty cannot keep out the owner; what protects the token itself is its length.
struct GuessLimit: Sendable {
  /// Wrong tokens in a row.
  static let burst = 10
  /// Then one in this time.
  static let interval = Duration.seconds(6)

  /// When the bucket will be full again.
  private var fullAt: Duration?

  /// Counts a wrong token.
  ///
  /// - Returns: nil within the limit, otherwise how long to wait.
  mutating func delayAfterMistake(at now: Duration) -> Duration? {
    let start = max(fullAt ?? now, now)
    let excess = start + Self.interval - (now + Self.interval * Self.burst)
    guard excess <= .zero else { return excess }
    fullAt = start + Self.interval
    return nil
  }
}
