import BridgeModel

/// The families about what is followed at mints.
extension MetricsText {
  mutating func addWatches(
    _ counts: [(mint: String, states: [WatchState: Int])],
    published: [PublishedCounts.Transition: Int64]
  ) {
    family(
      "walletwire_watches", .gauge, "Watches kept, by their present state.",
      counts.flatMap { count in
        WatchState.allCases.map { state in
          (
            [("source", count.mint), ("state", state.rawValue)],
            .count(count.states[state] ?? 0)
          )
        }
      })
    let rows = published.map { step, total in
      (
        labels: [
          ("source", step.mint), ("kind", step.kind.rawValue), ("state", step.state.rawValue),
        ] as [Label], total: total
      )
    }.sorted { left, right in
      left.labels.map(\.value).lexicographicallyPrecedes(right.labels.map(\.value))
    }
    family(
      "walletwire_watch_transitions_published_total", .counter, "Watch events published.",
      rows.map { ($0.labels, .whole($0.total)) })
  }
}
