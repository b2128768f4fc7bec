import BridgeModel
import JSON

extension JSONWriter {
  /// A watch as the routes show it: without its secret.
  mutating func watch(_ record: WatchRecord, mint: String) {
    object { json in
      json.field("handle", record.handle.text)
      json.field("mint", mint)
      json.field("kind", record.kind.rawValue)
      json.field("state", record.state.rawValue)
      json.field("amount", record.amount)
      json.field("unit", record.unit)
      json.field("amount_paid", record.amountPaid)
      json.field("amount_issued", record.amountIssued)
      json.field("expiry", record.expiry)
      json.field("observed_at", record.observedAt)
    }
  }

  /// The data of a `watch` event.
  mutating func watchTransition(_ transition: WatchTransition, mint: String) {
    object { json in
      json.field("handle", transition.handle.text)
      json.field("mint", mint)
      json.field("kind", transition.kind.rawValue)
      json.field("state", transition.state.rawValue)
      json.field("previous_state", transition.previousState.rawValue)
      json.field("amount", transition.amount)
      json.field("unit", transition.unit)
      json.field("amount_paid", transition.amountPaid)
      json.field("amount_issued", transition.amountIssued)
      json.field("observed_at", transition.observedAt)
      json.field("via", transition.via.rawValue)
    }
  }
}
