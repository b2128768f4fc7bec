import BridgeModel
import HTTPServer
import JSON
import Logging
import Storage

/// The way of an event: written down, then given to everyone.
extension Bridge: SourceSupport {
  nonisolated func loadBook(
    _ identity: BookIdentity,
    completion: @escaping @Sendable (Result<StoredBook?, SourceSupportError>) -> Void
  ) {
    assumeIsolated { bridge in
      guard let storage = bridge.storage else {
        return completion(.failure(SourceSupportError(message: "the bridge is stopping")))
      }
      storage.book(for: identity) { result in
        completion(result.mapError { SourceSupportError(message: $0.description) })
      }
    }
  }

  nonisolated var secretMask: SecretMask { assumeIsolated { $0.knownSecrets } }

  nonisolated func append(
    _ commit: Commit, from source: String,
    completion: @escaping @Sendable (SourceSupportError?) -> Void
  ) {
    assumeIsolated { bridge in
      guard let storage = bridge.storage else {
        return completion(SourceSupportError(message: "the bridge is stopping"))
      }
      Publication.carryOut(commit, from: source, in: storage) { [weak bridge] error in
        completion(error.map { SourceSupportError(message: $0.description) })
        bridge?.assumeIsolated { $0.noteWrite(error) }
      } give: { [weak bridge] items, bounds in
        bridge?.assumeIsolated { $0.give(items, bounds, of: commit, source) }
      }
    }
  }

  private func noteWrite(_ error: StorageError?) {
    storageTrouble = error?.description
    if let error { log.error("\(error.description)") }
  }

  private func give(
    _ items: [StreamItem], _ bounds: LogBounds, of commit: Commit, _ source: String
  ) {
    hub?.publish(items, bounds: bounds)
    // The log's line can wait until the subscribers have theirs.
    hub?.flush()
    for event in commit.events {
      note(event, source)
      published.count(event, of: source)
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
        let hub = bridge.hub
      else { return }
      let report = entry.report
      let reason = report.status.reason.map { " (\($0.rawValue))" } ?? ""
      let error = report.status.lastError.map { ": \($0)" } ?? ""
      bridge.log.info("\(source): \(report.status.state.rawValue)\(reason)\(error)")
      let data = JSONWriter.document { $0.statusEvent(report) }
      hub.publish([StreamItem(status: data, source: source)])
    }
  }

  func snapshot() -> [UInt8] {
    SnapshotDocument.encode(entries.map(\.report), lastEventID: lastEventID, now: clock.now())
  }
}
