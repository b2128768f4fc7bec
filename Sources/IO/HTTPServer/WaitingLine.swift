import DequeModule

/// The connections from which a request is still to come, whole: the one that has waited longest
/// first.
///
/// When connections run out, that one is given up for a new one. So whoever opens connections
/// without end, or drips a request byte by byte, only displaces himself: a request that is sent at
/// once is answered.
struct WaitingLine {
  /// A place in the line; never given twice.
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private var lastNumber: UInt64 = 0
  /// Tickets in their order, among them some that have left.
  private var order: Deque<Ticket> = []
  private var descriptors: [Ticket: CInt] = [:]

  /// What may have left and still be in ``order``, beside as many as are there.
  private static let tolerance = 64

  var count: Int { descriptors.count }

  /// A connection begins to wait.
  mutating func enter(_ descriptor: CInt) -> Ticket {
    lastNumber += 1
    let ticket = Ticket(number: lastNumber)
    descriptors[ticket] = descriptor
    order.append(ticket)
    return ticket
  }

  /// It waits no more. Idempotent.
  mutating func leave(_ ticket: Ticket) {
    guard descriptors.removeValue(forKey: ticket) != nil else { return }
    if order.count > 2 * descriptors.count + Self.tolerance {
      order.removeAll { descriptors[$0] == nil }
    }
  }

  /// Takes out the connection that has waited longest; nil when none waits.
  mutating func takeFirst() -> CInt? {
    while let ticket = order.popFirst() {
      if let descriptor = descriptors.removeValue(forKey: ticket) { return descriptor }
    }
    return nil
  }
}
