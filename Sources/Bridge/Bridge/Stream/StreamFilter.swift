import EventStore

/// Which events a subscriber wants. `gap` and `snapshot` always reach it.
package struct StreamFilter: Sendable, Hashable {
  /// The names that `types=` may list.
  package enum Kind: String, Sendable, CaseIterable {
    case payment
    case balance
    case watch
    case status
  }

  /// Only of these wallets and mints; nil: of all.
  package var sources: Set<String>?
  /// Only these; nil: all, `status` too.
  package var kinds: Set<Kind>?

  package static let everything = StreamFilter()

  package init(sources: Set<String>? = nil, kinds: Set<Kind>? = nil) {
    self.sources = sources
    self.kinds = kinds
  }

  package func admits(_ kind: Kind, from source: String) -> Bool {
    (sources?.contains(source) ?? true) && (kinds?.contains(kind) ?? true)
  }
}

extension StreamFilter.Kind {
  init(_ type: EventType) {
    self =
      switch type {
      case .payment: .payment
      case .balance: .balance
      case .watch: .watch
      }
  }
}
