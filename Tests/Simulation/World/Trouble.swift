/// What can be wrong with an upstream for a while.
enum Trouble: CaseIterable, Hashable {
  /// Connections are refused.
  case refuses
  /// Connections are taken and never answered.
  case hangs
  /// A proxy's page about a bad gateway.
  case badGateway
  /// LNbits' own 500.
  case serverError
  /// A proxy's page about a page that is not there.
  case proxyNotFound
  /// LNbits' 429.
  case rateLimited
  /// Upgrades lose their `Upgrade` on the way.
  case dropsUpgrade
  /// Answers take seconds.
  case slow
  /// Answers come from a moment ago.
  case stale
  /// Answers break off in the middle.
  case cutsAnswers
  /// Answers are not what they say they are.
  case garblesAnswers
  /// Frames get lost; the socket looks alive.
  case mutesFrames
  /// Frames break off in the middle, and the connection with them.
  case cutsFrames
  case doublesFrames
  /// Frames come late, and so out of order.
  case delaysFrames
}

/// The troubles of one upstream at present.
struct Weather {
  private var until: [Trouble: Duration] = [:]

  mutating func begin(_ trouble: Trouble, until end: Duration) {
    until[trouble] = max(until[trouble] ?? .zero, end)
  }

  mutating func clear() {
    until = [:]
  }

  func has(_ trouble: Trouble, at now: Duration) -> Bool {
    until[trouble].map { now < $0 } ?? false
  }
}
