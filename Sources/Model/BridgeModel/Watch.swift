/// What is watched at a Cashu mint; the raw values are the kinds of NUT-17.
package enum WatchKind: String, Sendable, CaseIterable {
  case bolt11MintQuote = "bolt11_mint_quote"
  case bolt11MeltQuote = "bolt11_melt_quote"
  case bolt12MintQuote = "bolt12_mint_quote"
  case bolt12MeltQuote = "bolt12_melt_quote"
  case proofState = "proof_state"

  /// A bolt12 offer can be paid again and again (NUT-25): such a quote has two sums instead of an
  /// end.
  package var isReusable: Bool { self == .bolt12MintQuote }

  /// Where everything of this kind begins.
  package var firstState: WatchState { self == .proofState ? .unspent : .unpaid }
}

/// The states of NUT-04, NUT-05 and NUT-07, and two that are decided here.
package enum WatchState: String, Sendable, CaseIterable {
  case unpaid = "UNPAID"
  case pending = "PENDING"
  case paid = "PAID"
  case issued = "ISSUED"
  case unspent = "UNSPENT"
  case spent = "SPENT"
  /// By this machine's clock the quote's time is over, and the mint still calls it unpaid. The mint
  /// may yet call it paid: clocks differ.
  case expired = "EXPIRED"
  /// The mint knows nothing of such a quote.
  case unknown = "UNKNOWN"
}

/// The random name of a watch: it stands for the quote's id everywhere outside the store.
package struct WatchHandle: Sendable, Hashable {
  package let text: String

  package init(_ text: String) { self.text = text }
}

/// A quote's id, or a proof's Y. Who knows a quote's id can take its tokens (NUT-04), so it has no
/// printable form: whatever prints, logs or dumps a value that holds one shows `***`.
package struct WatchSecret: Sendable, Hashable {
  /// For the mint and for the store, and for nobody else.
  package let revealed: String

  package init(_ revealed: String) { self.revealed = revealed }
}

extension WatchSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// One watch as far as it is known.
package struct WatchRecord: Sendable, Hashable {
  package var handle: WatchHandle
  package var kind: WatchKind
  package var secret: WatchSecret
  package var state: WatchState
  /// In ``unit``; nil until the mint has told it, and for proofs.
  package var amount: Int64?
  /// The mint's word, such as `sat`.
  package var unit: String?
  /// What was paid to a reusable quote and what was issued for it, in ``unit`` (NUT-25); nil until
  /// the mint has told it, and for every other kind.
  package var amountPaid: Int64?
  package var amountIssued: Int64?
  /// After this an unpaid quote cannot be paid any more; nil where there is none, or none is known.
  package var expiry: Timestamp?
  /// When the present state was first seen; nil before the first word of the mint.
  package var observedAt: Timestamp?

  /// A new watch, in its kind's first state.
  package init(handle: WatchHandle, kind: WatchKind, secret: WatchSecret) {
    self.handle = handle
    self.kind = kind
    self.secret = secret
    state = kind.firstState
  }
}

/// A watch has another state, or a reusable quote other sums: a durable event.
package struct WatchTransition: Sendable, Hashable {
  /// The path that saw it first.
  package enum Path: String, Sendable {
    case websocket
    case poll
  }

  package var handle: WatchHandle
  package var kind: WatchKind
  package var state: WatchState
  package var previousState: WatchState
  package var amount: Int64?
  package var unit: String?
  /// As ``WatchRecord/amountPaid``.
  package var amountPaid: Int64?
  package var amountIssued: Int64?
  package var observedAt: Timestamp
  package var via: Path

  /// - Parameter record: the watch as it is now.
  package init(
    _ record: WatchRecord, previousState: WatchState, observedAt: Timestamp, via: Path
  ) {
    handle = record.handle
    kind = record.kind
    state = record.state
    self.previousState = previousState
    amount = record.amount
    unit = record.unit
    amountPaid = record.amountPaid
    amountIssued = record.amountIssued
    self.observedAt = observedAt
    self.via = via
  }
}
