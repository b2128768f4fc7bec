import BridgeModel
import TestSupport
import Testing

/// The contract's "Connection states": `reconnect_delay_ms · 2^(n−1)`, capped, ±20 % jitter.
@Suite struct ReconnectPolicyTests {
  /// The delay without jitter of attempts 1 to 8.
  struct Schedule: Sendable, CustomTestStringConvertible {
    var name: String
    var policy: ReconnectPolicy
    var afterServerError = false
    var milliseconds: [Int64]

    var testDescription: String { name }
  }

  @Test(arguments: [
    Schedule(
      name: "as it comes",
      policy: ReconnectPolicy(maximumAttempts: 8),
      milliseconds: [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]),
    Schedule(
      name: "after 1011 the first delay is the server error's",
      policy: ReconnectPolicy(maximumAttempts: 8), afterServerError: true,
      milliseconds: [5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]),
    Schedule(
      name: "a server error's delay may be the shorter one",
      policy: ReconnectPolicy(
        delay: .seconds(10), maximumAttempts: 8, serverErrorDelay: .milliseconds(200)),
      afterServerError: true,
      milliseconds: [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]),
    Schedule(
      name: "a server error's delay is kept beyond the cap",
      policy: ReconnectPolicy(
        maximumDelay: .seconds(2), maximumAttempts: 8, serverErrorDelay: .seconds(30)),
      afterServerError: true, milliseconds: Array(repeating: 30_000, count: 8)),
    Schedule(
      name: "the cap holds from the first attempt on",
      policy: ReconnectPolicy(
        delay: .seconds(10), maximumDelay: .milliseconds(1500), maximumAttempts: 8),
      milliseconds: Array(repeating: 1500, count: 8)),
  ])
  func `delays double up to the cap, within a fifth`(schedule: Schedule) throws {
    for (index, full) in schedule.milliseconds.enumerated() {
      #expect(try delay(schedule, index + 1, Extreme(value: 1)) == .milliseconds(full * 4 / 5))
      let longest = try delay(schedule, index + 1, Extreme(value: .max))
      #expect(abs((longest - .milliseconds(full * 6 / 5)).seconds) < 1e-6)
      var random = SeededGenerator(seed: UInt64(index))
      for _ in 0..<200 {
        let some = try #require(
          schedule.policy.delay(
            beforeAttempt: index + 1, afterServerError: schedule.afterServerError, using: &random))
        #expect(some >= .milliseconds(full) * 4 / 5 && some <= .milliseconds(full) * 6 / 5)
      }
    }
  }

  private func delay(
    _ schedule: Schedule, _ attempt: Int, _ generator: Extreme
  ) throws -> Duration {
    var random = generator
    return try #require(
      schedule.policy.delay(
        beforeAttempt: attempt, afterServerError: schedule.afterServerError, using: &random))
  }

  @Test func `jitter spreads over the whole fifth`() throws {
    var random = SeededGenerator(seed: 3)
    let delays = (0..<1000).compactMap { _ in
      ReconnectPolicy().delay(beforeAttempt: 1, afterServerError: false, using: &random)?.seconds
    }
    #expect(try #require(delays.min()) < 0.81)
    #expect(try #require(delays.max()) > 1.19)
    #expect(abs(delays.reduce(0, +) / 1000 - 1) < 0.02)
  }

  @Test(arguments: [6, 7, 100, Int.max])
  func `beyond the last attempt the slow retry goes on`(attempt: Int) {
    var random = SeededGenerator(seed: 4)
    let policy = ReconnectPolicy(failedRetry: .seconds(17))
    #expect(
      policy.delay(beforeAttempt: attempt, afterServerError: false, using: &random) == .seconds(17))
    #expect(
      policy.delay(beforeAttempt: attempt, afterServerError: true, using: &random) == .seconds(17))
  }

  @Test func `without a slow retry only a hand tries again`() {
    var random = SeededGenerator(seed: 5)
    let policy = ReconnectPolicy(maximumAttempts: 0, failedRetry: .zero)
    #expect(policy.delay(beforeAttempt: 1, afterServerError: false, using: &random) == nil)
  }

  @Test func `attempts without number do not overflow`() {
    var random = Extreme(value: 1)
    let policy = ReconnectPolicy(
      delay: .seconds(86_400), maximumDelay: .seconds(86_400), maximumAttempts: .max)
    #expect(
      policy.delay(beforeAttempt: .max, afterServerError: false, using: &random)
        == .seconds(69_120))
  }
}

/// Always the same number: 1 gives the least jitter, the greatest one the most. (0 would be drawn
/// for ever: it is one of those that a fair draw refuses.)
struct Extreme: RandomNumberGenerator {
  let value: UInt64

  mutating func next() -> UInt64 { value }
}
