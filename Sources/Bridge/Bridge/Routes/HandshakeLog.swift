/// TLS handshakes on the plain port: the first is told at once, those after it with the next one a
/// minute later, so that a client that tries without end does not fill the log.
struct HandshakeLog: Sendable {
  static let interval = Duration.seconds(60)

  private var lastTold: Duration?
  private var untold = 0

  /// Counts a handshake.
  ///
  /// - Returns: how many there were since the last one that was told, this one included; nil where
  ///   it is not to be told.
  mutating func note(at now: Duration) -> Int? {
    untold += 1
    if let lastTold, now - lastTold < Self.interval { return nil }
    defer { untold = 0 }
    lastTold = now
    return untold
  }
}
