package import BridgeModel
package import EventStore
import JSON

/// The way of a commit: written down, taken note of by its source, and only then given to everyone.
package enum Publication {
  /// - Parameters:
  ///   - commit: What a source wants known.
  ///   - source: Its name in the configuration.
  ///   - log: Where it is written down.
  ///   - committed: Tells the source. What is shown of it from now on includes the commit, so a
  ///     snapshot that a subscriber is given behind these events is never older than they are.
  ///   - give: Hands the events, under their ids, to the subscribers.
  /// - Throws: ``StoreError``: nothing was written, and neither the source nor anybody else was
  ///   told.
  package static func carryOut(
    _ commit: Commit, from source: String, log: some EventLog, committed: () -> Void,
    give: ([StreamItem], LogBounds) -> Void
  ) throws(StoreError) {
    let events = commit.events.map { encode($0, source) }
    let ids = try log.append([LogEntry(commit: commit, events: events)])
    committed()
    give(zip(events, ids).map { StreamItem($0, id: $1) }, log.bounds)
  }

  private static func encode(_ event: BridgeEvent, _ source: String) -> EncodedEvent {
    switch event {
    case .payment(let payment):
      EncodedEvent(
        type: .payment, source: source,
        data: JSONWriter.document { $0.payment(payment, wallet: source) })
    case .balance(let change):
      EncodedEvent(
        type: .balance, source: source,
        data: JSONWriter.document { $0.balanceChange(change, wallet: source) })
    case .watch(let transition):
      EncodedEvent(
        type: .watch, source: source,
        data: JSONWriter.document { $0.watchTransition(transition, mint: source) })
    }
  }
}
