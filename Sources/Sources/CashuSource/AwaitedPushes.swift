import BridgeModel
import DequeModule

/// Transitions that polls saw first although a subscription covers them. The mint may be about to
/// tell them: only when it does not, its subscriptions are not to be relied on.
struct AwaitedPushes: Sendable {
  private static let patience: Duration = .seconds(10)

  private var order: Deque<(secret: String, deadline: Duration)> = []
  private var deadlines: [String: Duration] = [:]

  var nextDeadline: Duration? { order.first?.deadline }

  mutating func await(_ secret: String, from now: Duration) {
    let deadline = now + Self.patience
    order.append((secret, deadline))
    deadlines[secret] = deadline
  }

  /// - Returns: It was awaited.
  mutating func came(_ secret: String) -> Bool { deadlines.removeValue(forKey: secret) != nil }

  /// The connection is another.
  mutating func forget() { self = AwaitedPushes() }

  /// - Returns: At least one did not come in time.
  mutating func isOverdue(at now: Duration) -> Bool {
    var isOverdue = false
    while let first = order.first, first.deadline <= now {
      order.removeFirst()
      guard deadlines[first.secret] == first.deadline else { continue }
      deadlines[first.secret] = nil
      isOverdue = true
    }
    return isOverdue
  }
}
