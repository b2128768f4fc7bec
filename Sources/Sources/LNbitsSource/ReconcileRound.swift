import BridgeModel

/// One round of questions to a wallet: what changed among its payments, and does the balance agree.
///
/// The payments are read first and the balance after them: if the books then explain the balance,
/// no payment can have been missed, and one reading of each was enough. Otherwise something
/// happened between the two readings, and the round asks again, reaching deeper into the past.
struct ReconcileRound: Sendable {
  enum Step: Sendable, Hashable {
    case version
    case payments
    /// Waiting for the store to say what it knows of the wallet id that the rows bear.
    case book
    /// The payments were refused; the wallet itself has to say whether the key is good.
    case verdict
    /// The outgoing payments that are pending here, by hash; these ids are being asked for.
    case pending([String])
    case balance
  }

  /// A reading of a history: what its payments add up to, and what they leave unexplained.
  struct FirstReading: Sendable, Hashable {
    let opening: Millisatoshi
    let effects: Millisatoshi
  }

  static let maximumAttempts = 3
  /// Payments asked for by hash in one request: a URL of about 3 KB.
  static let maximumHashes = 50
  /// Rows of the answer at most: far more than bear those hashes.
  static let pendingPageRows = 1000

  let urgency: UpstreamRequest.Urgency
  let startedAt: Duration
  var request: RequestID?
  var step: Step
  var scan: PaymentScan
  var attempt = 1
  /// Pending ones that have not been asked for yet in this attempt.
  var unaskedPending: [Payment] = []
  /// What the last reading of a history came to that is being taken in.
  var firstReading: FirstReading?
  /// The changes of a first reading, committed only once the balance was read too.
  var imported: [Book.Change] = []
}
