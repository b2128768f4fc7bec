package import BridgeModel
import JSON
package import Storage

/// The way of a commit: written down, taken note of by its source, and only then given to everyone.
package enum Publication {
  /// - Parameters:
  ///   - commit: What a source wants known.
  ///   - source: Its name in the configuration.
  ///   - log: Where it is written down.
  ///   - answer: Tells the source what has come of it. What is shown of it from then on includes
  ///     the commit, so a snapshot that a subscriber is given behind these events is never older
  ///     than they are.
  ///   - give: Hands the events, under their ids, to the subscribers; not called where nothing was
  ///     written.
  package static func carryOut(
    _ commit: Commit, from source: String, in log: some EventLog,
    answer: @escaping @Sendable (StorageError?) -> Void,
    give: @escaping @Sendable ([StreamItem], LogBounds) -> Void
  ) {
    let events = commit.events.map { encode($0, source) }
    log.append(LogEntry(commit: commit, events: events)) { result in
      switch result {
      case .success(let appended):
        answer(nil)
        give(zip(events, appended.ids).map { StreamItem($0, id: $1) }, appended.bounds)
      case .failure(let error):
        answer(error)
      }
    }
  }

  private static func encode(_ event: BridgeEvent, _ source: String) -> EncodedEvent {
    switch event {
    case .payment(let payment):
      EncodedEvent(
        kind: .payment, source: source,
        data: JSONWriter.document { $0.payment(payment, wallet: source) })
    case .balance(let change):
      EncodedEvent(
        kind: .balance, source: source,
        data: JSONWriter.document { $0.balanceChange(change, wallet: source) })
    case .watch(let transition):
      EncodedEvent(
        kind: .watch, source: source,
        data: JSONWriter.document { $0.watchTransition(transition, mint: source) })
    }
  }
}
