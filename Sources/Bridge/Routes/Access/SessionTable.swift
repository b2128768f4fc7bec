import Transport

/// The open sessions. A stranger cannot open one, so the oldest makes room when there are too many.
///
/// They live in memory: a restart ends them all. Only hashes of the identifiers are kept.
struct SessionTable: Sendable {
  static let maximumSessions = 64
  /// From its opening, used or not.
  static let lifetime = Duration.seconds(30 * 24 * 3600)
  /// 256 bits.
  static let identifierBytes = 32

  private struct Session: Sendable {
    let digest: [UInt8]
    let expiresAt: Duration
  }

  /// The oldest first.
  private var sessions: [Session] = []

  var count: Int { sessions.count }

  /// Opens a session.
  ///
  /// - Parameter random: ``identifierBytes`` unpredictable bytes.
  /// - Returns: its identifier, for the cookie alone.
  mutating func open(random: [UInt8], at now: Duration) -> String {
    precondition(random.count == Self.identifierBytes, "an identifier has 256 bits")
    sessions.removeAll { $0.expiresAt <= now }
    if sessions.count == Self.maximumSessions { sessions.removeFirst() }
    let identifier = random.hexadecimal
    sessions.append(Session(digest: Self.digest(identifier), expiresAt: now + Self.lifetime))
    return identifier
  }

  /// Whether a session of this identifier is open. In constant time for each session.
  func contains(_ identifier: String, at now: Duration) -> Bool {
    let digest = Self.digest(identifier)
    return sessions.contains { session in
      Cryptography.constantTimeEqual(session.digest, digest) && now < session.expiresAt
    }
  }

  /// Ends a session; what is none is left alone.
  mutating func close(_ identifier: String) {
    let digest = Self.digest(identifier)
    sessions.removeAll { Cryptography.constantTimeEqual($0.digest, digest) }
  }

  private static func digest(_ identifier: String) -> [UInt8] {
    Cryptography.sha256(Array(identifier.utf8))
  }
}
