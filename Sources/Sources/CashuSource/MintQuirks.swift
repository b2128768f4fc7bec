import BridgeModel

/// What a mint was seen to do, over its connections. Nothing of it outlives a reconnect by hand.
struct MintQuirks: Sendable {
  /// A connection that ends sooner after a probe or an unsubscribe may have ended because of it.
  static let riskWindow: Duration = .seconds(5)
  /// Twice in a row is no coincidence any more.
  private static let maximumStrikes = 2
  /// Connections that live less long are a sign that we are doing something the mint does not bear.
  private static let shortLife: Duration = .seconds(60)
  private static let firstShortLifeDelay: Duration = .seconds(5)
  private static let longestShortLifeDelay: Duration = .seconds(60)
  /// Between replacements of a socket whose pongs come and whose answers do not.
  private static let replacementInterval: Duration = .seconds(600)

  private var riskStrikes = 0
  private var shortLives = 0
  private var lastReplacement: Duration?
  var unansweredProbes = 0

  /// Only pings are safe.
  var dislikesProbes: Bool { riskStrikes >= Self.maximumStrikes }

  /// A connection ended by the mint's doing.
  mutating func ended(openedAt: Duration, lastRiskAt: Duration?, at now: Duration) {
    shortLives = now - openedAt < Self.shortLife ? shortLives + 1 : 0
    if let lastRiskAt, now - lastRiskAt <= Self.riskWindow, !dislikesProbes { riskStrikes += 1 }
  }

  /// A risk was taken, and the connection lives on.
  mutating func survived() {
    if !dislikesProbes { riskStrikes = 0 }
  }

  /// Never sooner than this is the next connection opened.
  var minimumDelay: Duration {
    guard shortLives >= 2 else { return .zero }
    return min(
      Self.firstShortLifeDelay * (1 << min(shortLives - 2, 10)), Self.longestShortLifeDelay)
  }

  /// Whether the socket may be replaced for not answering; at most once in a while.
  mutating func mayReplace(at now: Duration) -> Bool {
    if let lastReplacement, now < lastReplacement + Self.replacementInterval { return false }
    lastReplacement = now
    return true
  }
}
