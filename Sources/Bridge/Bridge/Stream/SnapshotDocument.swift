package import BridgeModel
import JSON

/// The data of a `snapshot` event: every balance and every state as they are with the last durable
/// event.
package enum SnapshotDocument {
  /// - Parameters:
  ///   - reports: Every source, in the order of the configuration.
  ///   - lastEventID: Of the last durable event; no report may be of before it.
  ///   - now: For whether a number is stale.
  package static func encode(
    _ reports: [SourceReport], lastEventID: EventID, now: Instant
  ) -> [UInt8] {
    JSONWriter.document { json in
      json.object { json in
        json.field("balances") { json in
          json.array(reports.filter { $0.wallet != nil }) { json, report in
            guard let wallet = report.wallet else { return }
            json.balance(wallet, of: report, lastEventID: lastEventID, now: now)
          }
        }
        json.field("sources") { json in
          json.array(reports) { $0.sourceState($1) }
        }
        json.field("last_event_id", lastEventID.description)
      }
    }
  }
}
