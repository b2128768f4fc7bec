import BridgeModel
import JSON
import ServerSentEvents

extension Oracle {
  /// A snapshot with the id of an event has the balances as they are with that event: its reader is
  /// told of later changes alone.
  func checkSnapshot(_ event: EventStreamDecoder.Event, by subscriber: SimulatedSubscriber) {
    guard let id = EventID(event.lastEventID),
      let document = JSONDocument(event.data),
      let balances = document.root["balances"]?.elements
    else { return object("\(subscriber.name) got a snapshot that cannot be read: \(event.data)") }
    for balance in balances {
      guard let name = balance["wallet"]?.string, let amount = balance["balance_msat"]?.int64,
        let wallet = world.walletID(named: name)
      else { return object("\(subscriber.name) got a snapshot of no wallet: \(event.data)") }
      let last = log.last { line in
        line.sequence <= id.sequence && line.wallet == wallet && line.balance != nil
      }
      guard last?.balance?.value == amount else {
        return object(
          "\(subscriber.name) got the snapshot \(id): \(name) has \(amount), "
            + "the last balance told is "
            + (last?.balance.map { String($0.value) } ?? "none"))
      }
    }
  }
}
