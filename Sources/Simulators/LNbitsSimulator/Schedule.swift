import BridgeModel

/// What will happen later, in the order of its time, and of its making where times are equal.
struct Schedule: Sendable {
  enum Task: Sendable {
    /// The node has come to a verdict on an outgoing payment, or LNbits' own check has found one.
    case concludeOutgoing(checkingID: String, NodeVerdict, frame: OutgoingFrame)
    /// Somebody outside pays an invoice.
    case settleIncoming(checkingID: String, Discovery)
    /// A frame that trails its settlement.
    case notify(checkingID: String, isFresh: Bool, balance: Millisatoshi?)
  }

  private struct Entry: Sendable {
    let due: Duration
    let task: Task
  }

  private var entries: [Entry] = []

  var nextDue: Duration? { entries.first?.due }

  mutating func add(_ task: Task, at due: Duration) {
    let index = entries.firstIndex { $0.due > due } ?? entries.count
    entries.insert(Entry(due: due, task: task), at: index)
  }

  /// Takes the next task that is due.
  mutating func next(at uptime: Duration) -> Task? {
    guard let first = entries.first, first.due <= uptime else { return nil }
    return entries.removeFirst().task
  }
}
