/// What an event of the stream tells of: its name on the wire, on disk and in filters, said once.
///
/// The raw value is the `event:` field (WHATWG HTML 9.2.6) and the word that `types=` takes.
package enum EventKind: String, Sendable, CaseIterable {
  /// A payment has a status that is news. Durable.
  case payment
  /// A wallet's confirmed balance is another. Durable.
  case balance
  /// A watch at a mint has another state, or other sums. Durable.
  case watch
  /// A source's connection is in another state. Not kept.
  case status
  /// A subscriber could not be given everything since its last id. For it alone.
  case gap
  /// Every balance and state as of the last durable event. For one subscriber alone.
  case snapshot

  /// What stands for it on disk; nil for what is not kept. A number is never given to another kind.
  package var storedNumber: Int64? {
    switch self {
    case .payment: 1
    case .balance: 2
    case .watch: 3
    case .status, .gap, .snapshot: nil
    }
  }

  /// The kind of a stored event; nil for a number of a later release.
  package init?(storedNumber: Int64) {
    guard let kind = Self.allCases.first(where: { $0.storedNumber == storedNumber }) else {
      return nil
    }
    self = kind
  }

  /// Whether `types=` may leave it out. A gap and a snapshot reach every subscriber.
  package var isSelectable: Bool { self != .gap && self != .snapshot }
}
