import BridgeModel
import EventStore
import HTTPServer
import JSON
import Logging

/// The way of an event: written down, then given to everyone.
extension Bridge: SourceSupport {
  nonisolated func book(
    for identity: BookIdentity
  ) throws(SourceSupportError) -> StoredBook? {
    let result = assumeIsolated { bridge -> Result<StoredBook?, SourceSupportError> in
      do throws(StoreError) {
        return .success(try bridge.store?.book(for: identity))
      } catch {
        return .failure(SourceSupportError(message: error.description))
      }
    }
    return try result.get()
  }

  nonisolated var secretMask: SecretMask { assumeIsolated { $0.knownSecrets } }

  nonisolated func publish(
    _ commit: Commit, from source: String, committed: @Sendable () -> Void
  ) throws(SourceSupportError) {
    let result = assumeIsolated { bridge -> Result<Void, SourceSupportError> in
      do throws(StoreError) {
        try bridge.append(commit, source, committed)
        bridge.storageTrouble = nil
        return .success(())
      } catch {
        bridge.storageTrouble = error.description
        bridge.log.error("\(error.description)")
        return .failure(SourceSupportError(message: error.description))
      }
    }
    try result.get()
  }

  private func append(
    _ commit: Commit, _ source: String, _ committed: @Sendable () -> Void
  ) throws(StoreError) {
    guard let store else { throw StoreError(.closed, path: configuration.storage.path) }
    try Publication.carryOut(commit, from: source, log: store, committed: committed) {
      items, bounds in
      hub?.publish(items, bounds: bounds)
      // The log's line can wait until the subscribers have theirs.
      hub?.flush()
      for event in commit.events {
        note(event, source)
        published.count(event, of: source)
      }
    }
  }

  private func note(_ event: BridgeEvent, _ source: String) {
    switch event {
    case .payment(let payment):
      log.info(
        """
        \(source): \(payment.direction.rawValue) \(payment.status.rawValue) \
        \(payment.amount.value) msat, fee \(payment.fee.value) msat\(payment.isLate ? ", late" : "")
        """)
    case .balance(let change):
      let message = """
        \(source): balance \((change.amount - change.change).value) -> \(change.amount.value) msat \
        (\(change.cause.rawValue))
        """
      if change.cause == .correction {
        log.warning("\(message): no payment explains it")
      } else {
        log.debug("\(message)")
      }
    case .watch(let transition):
      log.info(
        """
        \(source): \(transition.handle.text) \(transition.previousState.rawValue) -> \
        \(transition.state.rawValue) (\(transition.via.rawValue))
        """)
    }
  }

  nonisolated func stateChanged(of source: String) {
    assumeIsolated { bridge in
      guard let entry = bridge.entries.first(where: { $0.name == source }),
        let hub = bridge.hub, let store = bridge.store
      else { return }
      let report = entry.report
      let reason = report.status.reason.map { " (\($0.rawValue))" } ?? ""
      let error = report.status.lastError.map { ": \($0)" } ?? ""
      bridge.log.info("\(source): \(report.status.state.rawValue)\(reason)\(error)")
      let data = JSONWriter.document { $0.statusEvent(report) }
      hub.publish([StreamItem(status: data, source: source)], bounds: store.bounds)
    }
  }

  func snapshot() -> [UInt8] {
    SnapshotDocument.encode(entries.map(\.report), lastEventID: lastEventID, now: clock.now())
  }
}
