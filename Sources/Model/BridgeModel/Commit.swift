/// What a source wants written down in one transaction, and then told to everyone: events together
/// with the state that caused them. Nothing of it is published, and nothing in the source changes,
/// before it is on disk.
package struct Commit: Sendable, Hashable {
  /// The wallet's book as it is after this commit; nil for a mint, which has none.
  package var book: BookRecord?
  /// Payments that are new, or whose record changed.
  package var payments: [Payment]
  /// Payments that the upstream has given another id: they live on under it, among ``payments``.
  package var superseded: [String]
  /// Watches whose record changed, as they are after this commit.
  package var watches: [WatchRecord]
  /// In the order of publication.
  package var events: [BridgeEvent]

  package init(
    book: BookRecord, payments: [Payment] = [], superseded: [String] = [],
    events: [BridgeEvent] = []
  ) {
    self.book = book
    self.payments = payments
    self.superseded = superseded
    watches = []
    self.events = events
  }

  package init(watches: [WatchRecord], events: [BridgeEvent] = []) {
    book = nil
    payments = []
    superseded = []
    self.watches = watches
    self.events = events
  }
}

/// A durable event. It gets its id when it is written.
package enum BridgeEvent: Sendable, Hashable {
  case payment(Payment)
  case balance(BalanceChange)
  case watch(WatchTransition)
}

/// Whose payments these are: the upstream's own wallet, whatever the configuration calls it.
///
/// A name that is given to another key must not emit a stranger's history, and a wallet under a new
/// name must not repeat its own. So a book is found by the wallet's id at its origin, or, until a
/// payment has told it, by a hash of the key.
package struct BookIdentity: Sendable, Hashable {
  /// Scheme, host, port and path prefix of the upstream.
  package var origin: String
  /// A hash of the key; the key itself is never kept.
  package var keyFingerprint: String
  /// The `wallet_id` that the payments' rows bear; nil until one was seen.
  package var walletID: String?

  package init(origin: String, keyFingerprint: String, walletID: String? = nil) {
    self.origin = origin
    self.keyFingerprint = keyFingerprint
    self.walletID = walletID
  }
}

/// A wallet's book without its payments.
package struct BookRecord: Sendable, Hashable {
  package var identity: BookIdentity
  /// The wallet's balance less what its known payments explain, when the history was first taken
  /// in.
  package var opening: Millisatoshi
  /// The sum of all balance effects since.
  package var effects: Millisatoshi
  /// Differences that no payment explains, already published as corrections.
  package var unexplained: Millisatoshi
  /// The last published balance.
  package var balance: Balance
  /// When the wallet's history was taken in; nil while only frames have told of this wallet.
  package var importedAt: Timestamp?
  /// When the last correction was published; nil while there was none.
  package var lastCorrectionAt: Timestamp?

  package init(
    identity: BookIdentity, opening: Millisatoshi, effects: Millisatoshi,
    unexplained: Millisatoshi, balance: Balance, importedAt: Timestamp?,
    lastCorrectionAt: Timestamp? = nil
  ) {
    self.identity = identity
    self.opening = opening
    self.effects = effects
    self.unexplained = unexplained
    self.balance = balance
    self.importedAt = importedAt
    self.lastCorrectionAt = lastCorrectionAt
  }

  /// The balance that the payments explain.
  package var expected: Millisatoshi { opening + effects + unexplained }
}

/// A book as a store gives it back: what a source needs to go on where it stopped.
package struct StoredBook: Sendable, Hashable {
  package var record: BookRecord
  /// Every payment of it, in no particular order.
  package var payments: [Payment]

  package init(record: BookRecord, payments: [Payment]) {
    self.record = record
    self.payments = payments
  }
}
