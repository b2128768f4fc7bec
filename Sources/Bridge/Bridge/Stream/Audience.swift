import HTTPServer

/// The subscribers who share one filter: whether an event concerns them is asked once for all of
/// them.
struct Audience {
  private(set) var subscribers: [Subscriber] = []

  mutating func add(_ subscriber: Subscriber) {
    subscriber.place = subscribers.count
    subscribers.append(subscriber)
  }

  /// The last one takes the place of the one that goes.
  mutating func remove(_ subscriber: Subscriber) {
    let last = subscribers.removeLast()
    guard last !== subscriber else { return }
    last.place = subscriber.place
    subscribers[subscriber.place] = last
  }
}
