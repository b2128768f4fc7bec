/// How long to wait before trying again, and when to give up hope.
package struct ReconnectPolicy: Sendable, Hashable {
  /// Delay before the first new attempt.
  package var delay: Duration
  /// The longest delay before an attempt, jitter aside.
  package var maximumDelay: Duration
  /// New attempts after a failure before the state is `failed`.
  package var maximumAttempts: Int
  /// Delay between attempts while failed; zero: only by hand.
  package var failedRetry: Duration
  /// In place of ``delay`` after the server closed with 1011 (RFC 6455 section 7.4.1: internal
  /// error).
  package var serverErrorDelay: Duration

  package init(
    delay: Duration = .seconds(1), maximumDelay: Duration = .seconds(60), maximumAttempts: Int = 5,
    failedRetry: Duration = .seconds(60), serverErrorDelay: Duration = .seconds(5)
  ) {
    self.delay = delay
    self.maximumDelay = maximumDelay
    self.maximumAttempts = maximumAttempts
    self.failedRetry = failedRetry
    self.serverErrorDelay = serverErrorDelay
  }

  /// The jitter that keeps many bridges from coming back to one server all at once.
  package static let jitter = 0.2

  /// The delay before attempt `number`: `delay · 2^(number−1)`, capped, ±20 %.
  ///
  /// - Parameters:
  ///   - number: from 1; what lies beyond ``maximumAttempts`` gets ``failedRetry``.
  ///   - afterServerError: start from ``serverErrorDelay``.
  /// - Returns: nil when there is no further attempt but by hand.
  package func delay(
    beforeAttempt number: Int, afterServerError: Bool,
    using random: inout some RandomNumberGenerator
  ) -> Duration? {
    precondition(number >= 1, "attempts are counted from one")
    if number > maximumAttempts {
      return failedRetry > .zero ? failedRetry : nil
    }
    let first = afterServerError ? serverErrorDelay : delay
    let longest = afterServerError ? max(maximumDelay, serverErrorDelay) : maximumDelay
    let doublings = min(number - 1, 30)
    let full = min(first * (1 << doublings), longest)
    return full * Double.random(in: (1 - Self.jitter)...(1 + Self.jitter), using: &random)
  }
}
