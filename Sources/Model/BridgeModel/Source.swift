/// A wallet or a mint: a value that is told what happened and answers what to do.
///
/// The shell carries the effects out, in order, and knows nothing of the kind of upstream. A source
/// does no I/O, reads no clock and draws its random numbers from the generator it is handed, so a
/// whole life of it can be replayed from a seed.
package protocol Source: Sendable {
  /// Its name in the configuration.
  var name: String { get }
  var kind: SourceKind { get }
  /// What it knows of itself, for `GET /api/v1/status`.
  var status: SourceStatus { get }
  /// The last confirmed balance, and what stands beside it; nil for sources that have none, or none
  /// yet.
  var wallet: WalletView? { get }

  mutating func handle(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect]
}

/// What `GET /api/v1/balance` shows of a wallet.
package struct WalletView: Sendable, Hashable {
  package var balance: Balance
  /// Amount and reserve of the outgoing payments that are pending.
  package var pendingOutgoing: Millisatoshi

  package init(balance: Balance, pendingOutgoing: Millisatoshi) {
    self.balance = balance
    self.pendingOutgoing = pendingOutgoing
  }
}

/// Something that happened to a source.
package enum SourceInput: Sendable {
  /// A connection is wanted from now on. Sent first, and again on resume.
  case start
  /// No connection is wanted, for this reason. Sockets close, requests are forgotten.
  case stop(SourceReason)
  /// By hand: drop the socket, reset the attempts, connect at once. The key may have been replaced
  /// meanwhile.
  case reconnect(keyFingerprint: String)
  /// The machine has another address or route.
  case networkChanged

  /// The WebSocket is open.
  case socketOpened(SocketID)
  /// The attempt ended without an open socket.
  case socketFailed(SocketID, UpstreamFailure)
  /// A text message, whole (RFC 6455 section 5.6).
  case socketText(SocketID, String)
  /// Any bytes at all came in: the peer lives.
  case socketActivity(SocketID)
  /// The answer to a ping, with its payload (RFC 6455 section 5.5.3).
  case socketPong(SocketID, [UInt8])
  /// It was open and is no more. Code 1006 where no close frame came (RFC 6455 section 7.1.5).
  case socketClosed(SocketID, code: Int, reason: String)

  /// Answered, with whatever status.
  case response(RequestID, UpstreamResponse)
  /// Not answered.
  case requestFailed(RequestID, UpstreamFailure)
  /// The origin said 429, to this source or another; the governor sends it nothing until then.
  case rateLimited(until: Duration)

  /// The answer to ``SourceEffect/loadBook(_:)``.
  case book(StoredBook?)
  /// Watch these from now on; those already watched are left as they are. Only mints are sent this.
  case watch([WatchRecord])
  /// Watch this no more.
  case unwatch(WatchHandle)

  /// The commit handed out last is on disk, and nobody has been told of it yet.
  case committed
  /// Nothing of the commit was written; the words are for people.
  case commitFailed(String)

  /// The time asked for by ``SourceEffect/wake(at:)`` has come.
  case wake
}

/// Something a source wants done.
package enum SourceEffect: Sendable, Hashable {
  /// Open a WebSocket. Exactly one of `socketOpened` and `socketFailed` answers.
  case openSocket(SocketID, SocketRequest)
  /// Send a text message; dropped where the socket is not open any more.
  case sendText(SocketID, String)
  /// Send a ping of at most 125 bytes (RFC 6455 section 5.5.2).
  case sendPing(SocketID, [UInt8])
  /// Close with a close frame (RFC 6455 section 7.1.2); no input about this socket follows.
  case closeSocket(SocketID, code: UInt16)
  /// Drop without ceremony; no input about this socket follows.
  case abortSocket(SocketID)

  /// Ask over HTTP. Exactly one of `response` and `requestFailed` answers, unless it is cancelled.
  case request(RequestID, UpstreamRequest)
  /// Forget a request: nothing answers it any more.
  case cancel(RequestID)

  /// Look a book up by its identity. `book` or `commitFailed` answers, later, yet before any other
  /// input and before the next effect is carried out; what the answer raises follows the effects
  /// that were raised before it.
  case loadBook(BookIdentity)
  /// Write down, then publish. `committed` or `commitFailed` answers, later, yet before anybody is
  /// told of the events, before any other input, and before the next effect is carried out; what
  /// the answer raises follows the effects that were raised before it.
  case commit(Commit)
  /// State, reason or next retry changed: subscribers are told ``Source/status``.
  case stateChanged

  /// Send `wake` at this uptime; replaces the time asked for before. Nil: not at all.
  case wake(at: Duration?)
  /// A line for the log.
  case log(SourceLog)
}

/// A socket of one source; numbers are never reused in a process.
package struct SocketID: Sendable, Hashable {
  package let number: UInt64

  package init(_ number: UInt64) { self.number = number }
}

/// A request of one source; numbers are never reused in a process.
package struct RequestID: Sendable, Hashable {
  package let number: UInt64

  package init(_ number: UInt64) { self.number = number }
}

/// Where to open a WebSocket, below the source's URL. The key is put in by the shell: the cores
/// never hold it.
package struct SocketRequest: Sendable, Hashable {
  /// Begins with a slash, below the URL's own path prefix.
  package var path: String
  /// Append the key to the path.
  package var appendsKey: Bool

  package init(path: String, appendsKey: Bool) {
    self.path = path
    self.appendsKey = appendsKey
  }
}

/// A question over HTTP, below the source's URL. The key is put in by the shell.
package struct UpstreamRequest: Sendable, Hashable {
  package enum Urgency: Int, Sendable, Comparable {
    case timer
    case frame

    package static func < (left: Urgency, right: Urgency) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  package var method: String
  /// Begins with a slash; this is what the governor counts by.
  package var path: String
  /// Already encoded, without the question mark; may be empty.
  package var query: String
  /// JSON; empty for none.
  package var body: [UInt8]
  /// The header that carries the key, such as `X-Api-Key`; nil: without a key.
  package var keyHeader: String?
  package var urgency: Urgency

  package init(
    method: String = "GET", path: String, query: String = "", body: [UInt8] = [],
    keyHeader: String?, urgency: Urgency
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.body = body
    self.keyHeader = keyHeader
    self.urgency = urgency
  }
}

package struct UpstreamResponse: Sendable, Hashable {
  package var status: Int
  /// Lower case, without parameters; nil where there is none.
  package var contentType: String?
  package var body: [UInt8]

  package init(status: Int, contentType: String?, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

/// Why a socket did not open or a request was not answered.
package struct UpstreamFailure: Error, Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Name resolution, refused, unreachable, reset.
    case network
    case timeout
    case tls
    /// The peer broke HTTP or WebSocket, or went past a limit.
    case protocolError
    /// The upgrade was answered with this status instead of 101.
    case upgradeRefused(status: Int)
  }

  package var kind: Kind
  /// For people, without a secret, with what can be done about it where that is known.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

/// A line for the log. Never holds a secret.
package struct SourceLog: Sendable, Hashable {
  package enum Level: Sendable {
    case debug
    case info
    case warning
  }

  package let level: Level
  private let compose: @Sendable () -> String

  /// - Parameter message: For people. Composed when it is asked for: most lines are of a level that
  ///   nobody reads.
  package init(_ level: Level, _ message: @autoclosure @escaping @Sendable () -> String) {
    self.level = level
    compose = message
  }

  package var message: String { compose() }

  package static func == (left: SourceLog, right: SourceLog) -> Bool {
    left.level == right.level && left.message == right.message
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(level)
    hasher.combine(message)
  }
}
