package import BridgeModel

/// Which events a subscriber wants. `gap` and `snapshot` always reach it.
package struct StreamFilter: Sendable, Hashable {
  /// Only of these wallets and mints; nil: of all.
  package var sources: Set<String>?
  /// Only these, of those that are selectable; nil: all.
  package var kinds: Set<EventKind>?

  package static let everything = StreamFilter()

  package init(sources: Set<String>? = nil, kinds: Set<EventKind>? = nil) {
    self.sources = sources
    self.kinds = kinds
  }

  package func admits(_ kind: EventKind, from source: String) -> Bool {
    (sources?.contains(source) ?? true) && (kinds?.contains(kind) ?? true)
  }
}
