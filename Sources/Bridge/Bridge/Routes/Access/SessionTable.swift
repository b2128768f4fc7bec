import HTTPServer
import Transport

/// The open sessions, and the event streams that each has opened: a stream ends with its session. A
/// stranger cannot open one, so the oldest makes room when there are too many.
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
    var streams: Set<StreamID> = []
  }

  /// The oldest first.
  private var sessions: [Session] = []
  /// Streams whose session is over, since ``takeEndedStreams()``.
  private var endedStreams: Set<StreamID> = []

  var count: Int { sessions.count }

  /// When the oldest is over by itself; nil where none is open.
  var nextExpiry: Duration? { sessions.first?.expiresAt }

  /// Opens a session.
  ///
  /// - Parameter random: ``identifierBytes`` unpredictable bytes.
  /// - Returns: its identifier, for the cookie alone.
  mutating func open(random: [UInt8], at now: Duration) -> String {
    precondition(random.count == Self.identifierBytes, "an identifier has 256 bits")
    expire(at: now)
    if sessions.count == Self.maximumSessions { end { $0 == 0 } }
    let identifier = random.hexadecimal
    sessions.append(Session(digest: Self.digest(identifier), expiresAt: now + Self.lifetime))
    return identifier
  }

  /// Whether a session of this identifier is open. In constant time for each session.
  func contains(_ identifier: String, at now: Duration) -> Bool {
    index(of: identifier).map { now < sessions[$0].expiresAt } ?? false
  }

  /// Ends a session; what is none is left alone.
  mutating func close(_ identifier: String) {
    guard let closed = index(of: identifier) else { return }
    end { $0 == closed }
  }

  /// Ends them all.
  mutating func closeAll() { end { _ in true } }

  /// Ends those whose lifetime is over.
  mutating func expire(at now: Duration) {
    let expired = sessions.prefix { $0.expiresAt <= now }.count
    end { $0 < expired }
  }

  // MARK: Streams

  /// A stream was opened with the cookie of a session that is open.
  mutating func attach(_ stream: StreamID, to identifier: String) {
    guard let index = index(of: identifier) else { return }
    sessions[index].streams.insert(stream)
  }

  /// A stream is over; one that no session has opened is passed over.
  mutating func detach(_ stream: StreamID) {
    for index in sessions.indices where sessions[index].streams.remove(stream) != nil { return }
  }

  /// The streams to be ended, for their sessions are over; each is given once.
  mutating func takeEndedStreams() -> Set<StreamID> {
    defer { endedStreams = [] }
    return endedStreams
  }

  // MARK: Helpers

  private mutating func end(where isOver: (Int) -> Bool) {
    var open: [Session] = []
    for (index, session) in sessions.enumerated() {
      if isOver(index) { endedStreams.formUnion(session.streams) } else { open.append(session) }
    }
    sessions = open
  }

  private func index(of identifier: String) -> Int? {
    // What cannot be one costs no hash: a header has room for hundreds of cookies.
    guard identifier.utf8.count == 2 * Self.identifierBytes else { return nil }
    let digest = Self.digest(identifier)
    return sessions.firstIndex { Cryptography.constantTimeEqual($0.digest, digest) }
  }

  private static func digest(_ identifier: String) -> [UInt8] {
    Cryptography.sha256(Array(identifier.utf8))
  }
}
