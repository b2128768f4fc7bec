package import BridgeModel

/// An LNbits wallet as a value: frames are hints, answers over REST are the truth.
///
/// A frame, an opened socket, the timer or a hand makes the wallet *dirty*; one round at a time
/// asks for the payments that can hold anything new and for the balance. Payments are published
/// once the wallet shows them, the balance once the books explain it. A frame beyond 256 kB is not
/// read: it is a hint like any other, and with `trust = "frames"` too its payment is then told by a
/// round. This file takes inputs in; `+Reconcile` holds the rounds, `+Frames` what arrives on the
/// socket.
package struct LNbitsSource: Source {
  let configuration: LNbitsConfiguration
  var connection: ConnectionLifecycle
  var schedule: ReconcileSchedule
  var hints = FrameHints()
  /// Nil until the wallet's history has been taken in, or a book was found in the store.
  var book: Book?
  /// What the store knows of this wallet.
  var bookState = BookState.unasked
  var identity: BookIdentity
  var round: ReconcileRound?
  /// What was handed to the store, and what to do once it is on disk.
  var pendingCommit: PendingCommit?
  /// Frames that wait for the store (`trust = "frames"`).
  var heldFrames: [LNbitsJSON.Frame] = []
  var mismatch: Mismatch?
  var version: LNbitsVersion?
  /// The version is unknown, or may have changed with a new socket.
  var isVersionDue = true
  /// The server refused to sort by the update.
  var sortsByTime = false
  var socketOpenedAt: Timestamp?
  var questionHealth = QuestionHealth.unknown
  var questionFailures = 0
  /// Rows that could not be read, over the life of the process.
  var skipped = SkippedRows()
  var missing = MissingPayments()
  /// What the first reading over REST put right of a balance that frames had told (`trust =
  /// "frames"`).
  var correctionOfFrames = Millisatoshi.zero
  var hasAdvisedOnKey = false
  var zone = UpstreamZone()
  /// A response that is too large is asked for again in smaller pages.
  var largestPage = PaymentScan.largestPageRows
  private var lastRequest: UInt64 = 0

  enum BookState: Sendable {
    case unasked
    case asked
    case loaded
  }

  /// How the wallet answers over REST.
  enum QuestionHealth: Sendable {
    case unknown
    case answering
    case failing
    case limited
  }

  /// A difference between the wallet's balance and its payments that has not gone away.
  struct Mismatch: Sendable {
    var difference: Millisatoshi
    var since: Duration
    var rounds: Int
  }

  package init(_ configuration: LNbitsConfiguration, now: Instant) {
    self.configuration = configuration
    identity = configuration.identity
    schedule = ReconcileSchedule(interval: configuration.reconcileInterval)
    connection = ConnectionLifecycle(
      policy: configuration.reconnect,
      heartbeat: Heartbeat(
        interval: configuration.heartbeatInterval, timeout: configuration.heartbeatTimeout),
      request: configuration.usesSocket
        ? SocketRequest(path: "/api/v1/ws/", appendsKey: true) : nil,
      since: now)
    connection.status.trust = configuration.trust.rawValue
  }

  package var name: String { configuration.name }
  package var kind: SourceKind { .lnbits }

  package var status: SourceStatus {
    var status = connection.status
    status.books = booksState
    status.unexplained = status.books == .unexplained ? mismatch?.difference ?? .zero : .zero
    let corrections = book?.record.unexplained ?? .zero
    status.corrections = corrections.adding(correctionOfFrames) ?? corrections
    status.lastCorrectionAt = book?.record.lastCorrectionAt
    status.rowsSkipped = skipped.count
    if status.lastError == nil { status.lastError = skipped.message }
    status.delivery = delivery
    return status
  }

  /// Derived from the connection's state and the last answer, so that it can't disagree with
  /// either: `unreachable` never while connected, `live` only then.
  private var delivery: Delivery {
    guard connection.mayAsk else { return .unreachable }
    if questionHealth == .limited { return .rateLimited }
    if connection.isConnected { return connection.socket == nil ? .polling : .live }
    return questionHealth == .answering ? .polling : .unreachable
  }

  package var wallet: WalletView? {
    book.map { WalletView(balance: $0.record.balance, pendingOutgoing: $0.pendingOutgoing) }
  }

  /// An open socket is all it takes to be connected (`trust = "frames"`); answers over REST only
  /// audit.
  var framesSuffice: Bool { configuration.trust == .frames && connection.usesSocket }

  private var booksState: BooksState {
    guard book != nil, connection.status.lastReconcileAt != nil else { return .unknown }
    if let mismatch { return mismatch.rounds > 1 ? .unexplained : .checking }
    return round.map { $0.attempt > 1 } == true ? .checking : .balanced
  }

  package mutating func handle(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    let before = connection.status.announced
    var effects = take(input, now: now, using: &random)
    effects += startRoundIfDue(now)
    if connection.status.announced != before { effects.append(.stateChanged) }
    effects.append(.wake(at: nextWake))
    return effects
  }

  private mutating func take(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    switch input {
    case .start, .stop, .reconnect, .networkChanged:
      return takeOrder(input, now: now)
    case .socketOpened, .socketFailed, .socketText, .socketActivity, .socketPong, .socketClosed:
      return takeSocket(input, now: now, using: &random)
    case .response(let id, let response):
      return takeResponse(id, response, now: now, using: &random)
    case .requestFailed(let id, let failure):
      return takeFailure(id, failure, now: now, using: &random)
    case .rateLimited(let until):
      schedule.backOff(until: until)
      return []
    case .book(let stored):
      return takeBook(stored, now: now, using: &random)
    case .watch, .unwatch:
      return []
    case .committed:
      return takeCommitted(now: now, using: &random)
    case .commitFailed(let message):
      return takeCommitFailed(message, now: now, using: &random)
    case .wake:
      return takeWake(now: now, using: &random)
    }
  }

  private mutating func takeOrder(_ input: SourceInput, now: Instant) -> [SourceEffect] {
    switch input {
    case .start:
      return begin(now)
    case .stop(let reason):
      schedule.clear()
      return loadBook() + abandonQuestions() + connection.stop(reason, now: now)
    case .reconnect(let keyFingerprint):
      if keyFingerprint != identity.keyFingerprint {
        identity = BookIdentity(origin: identity.origin, keyFingerprint: keyFingerprint)
        book = nil
        mismatch = nil
        missing = MissingPayments()
        correctionOfFrames = .zero
        hasAdvisedOnKey = false
        heldFrames = []
        bookState = .unasked
      }
      return abandonQuestions() + begin(now)
    case .networkChanged:
      return connection.networkChanged(now: now)
    default:
      return []
    }
  }

  private mutating func begin(_ now: Instant) -> [SourceEffect] {
    schedule.clear()
    socketOpenedAt = nil
    return loadBook() + connection.start(now: now)
  }

  /// Asks the store for the book, once.
  mutating func loadBook() -> [SourceEffect] {
    guard bookState == .unasked else { return [] }
    bookState = .asked
    return [.loadBook(identity)]
  }

  private mutating func takeSocket(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    switch input {
    case .socketOpened(let id):
      guard connection.isCurrent(id) else { return [] }
      connection.opened(id, now: now)
      socketOpenedAt = now.wall
      hints.socketOpened()
      isVersionDue = true
      sortsByTime = false
      largestPage = PaymentScan.largestPageRows
      if framesSuffice { connection.confirmed(now: now) }
      schedule.clear()
      schedule.markDirty(.frame, at: now.uptime)
      return abandonQuestions()
    case .socketFailed(let id, let failure):
      guard connection.isCurrent(id) else { return [] }
      connection.attemptFailed(id, failure, now: now, using: &random)
      switch failure.kind {
      case .upgradeRefused(429):
        schedule.backOff(until: now.uptime + RequestGovernor.silence)
      case .upgradeRefused:
        // An upgrade that was answered at all means that REST can tell more: a key, a proxy.
        schedule.markDirty(.timer, at: now.uptime)
      case .network, .timeout, .tls, .protocolError:
        break
      }
      return []
    case .socketText(let id, let text):
      guard connection.socket == id else { return [] }
      connection.activity(id)
      return takeFrame(text, now: now)
    case .socketActivity(let id):
      connection.activity(id)
      return []
    case .socketPong(let id, _):
      connection.pong(id, now: now)
      return []
    case .socketClosed(let id, let code, let reason):
      guard connection.socket == id else { return [] }
      connection.closed(id, code: code, reason: reason, now: now, using: &random)
      if Self.credentialCloseCodes.contains(code) { schedule.markDirty(.frame, at: now.uptime) }
      return []
    default:
      return []
    }
  }

  /// 1002 was the seed's sign of a bad key, 1008 is a policy violation (RFC 6455 section 7.4.1).
  /// Only REST knows.
  private static let credentialCloseCodes = [1002, 1008]

  private mutating func takeWake(
    now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    var effects = connection.wake(now: now, using: &random) { socket in
      [.sendPing(socket, Self.pingPayload)]
    }
    effects += takeHeldFrames(now)
    guard connection.socket != nil else { return effects }
    let overdue = hints.overdue(at: now.uptime)
    connection.status.paymentsWithoutFrame += overdue.count
    if overdue.replaceSocket {
      connection.status.lastError = "the socket is open, but payments came without their frames"
      effects += connection.replace(.silent, now: now, using: &random)
    }
    return effects
  }

  private static let pingPayload = Array("walletwire".utf8)

  // MARK: Commits

  /// What follows once a commit is on disk.
  struct PendingCommit: Sendable {
    enum Next: Sendable {
      /// These frames are published; the next ones may be.
      case nextFrames([LNbitsJSON.Frame])
      /// Go on with the round: its payments are published.
      case balance
      /// The round is over.
      case finish
    }

    var commit: Commit
    var next: Next
  }

  mutating func commit(_ commit: Commit, then next: PendingCommit.Next) -> [SourceEffect] {
    var commit = commit
    // The book may have been found under another key, or before a payment told the wallet's id.
    commit.book?.identity = identity
    pendingCommit = PendingCommit(commit: commit, next: next)
    return [.commit(commit)]
  }

  private mutating func takeCommitted(
    now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    guard let pending = pendingCommit else { return [] }
    pendingCommit = nil
    if book == nil, let record = pending.commit.book { book = Book(record) }
    book?.apply(pending.commit)
    var effects: [SourceEffect] = []
    switch pending.next {
    case .nextFrames: connection.confirmed(now: now)
    case .balance: effects += askWhatRemains(now)
    case .finish: effects += finishRound(now)
    }
    return effects + takeHeldFrames(now)
  }

  private mutating func takeCommitFailed(
    _ message: String, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    if case .nextFrames(let frames) = pendingCommit?.next {
      heldFrames.insert(contentsOf: frames, at: 0)
    }
    pendingCommit = nil
    if bookState == .asked { bookState = .unasked }
    // The wallet's id was read off a payment, but what the store knows of it is not known yet.
    if round?.step == .book { identity.walletID = nil }
    let retryAt = now.uptime + Self.storageRetry
    connection.unanswered(.storage, message, retryAt: retryAt, now: now, using: &random)
    schedule.backOff(until: retryAt)
    return abandonQuestions()
  }

  private static let storageRetry: Duration = .seconds(5)

  // MARK: Housekeeping

  mutating func nextRequestID() -> RequestID {
    lastRequest += 1
    return RequestID(lastRequest)
  }

  /// Forgets every question that is under way; late answers find no one.
  mutating func abandonQuestions() -> [SourceEffect] {
    defer { round = nil }
    return round?.request.map { [.cancel($0)] } ?? []
  }

  private var nextWake: Duration? {
    let frameDue = connection.socket == nil ? nil : hints.nextWake
    let roundDue = isFree && bookState != .asked ? schedule.due : nil
    return Self.sooner(connection.nextWake, Self.sooner(frameDue, roundDue))
  }

  private static func sooner(_ one: Duration?, _ other: Duration?) -> Duration? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
