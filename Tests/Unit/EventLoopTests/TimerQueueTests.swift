import Testing

@testable import EventLoop

@Suite("Timers in order")
struct TimerQueueTests {
  /// Collects what fired. A class, because actions are `@Sendable`; used by one test on one thread.
  private final class Fired: @unchecked Sendable {
    var names: [String] = []
  }

  private let fired = Fired()

  private func action(_ name: String) -> TimerQueue.Action {
    { [fired] in fired.names.append(name) }
  }

  private func fireDue(_ queue: inout TimerQueue, at now: UInt64) {
    for id in queue.due(at: now) { queue.take(id)?() }
  }

  @Test("fire by deadline, and by age where deadlines are equal")
  func order() {
    var queue = TimerQueue()
    _ = queue.add(deadline: 30, action("c"))
    _ = queue.add(deadline: 10, action("a"))
    _ = queue.add(deadline: 20, action("b1"))
    _ = queue.add(deadline: 20, action("b2"))
    #expect(queue.nextDeadline() == 10)
    fireDue(&queue, at: 9)
    #expect(fired.names.isEmpty)
    fireDue(&queue, at: 20)
    #expect(fired.names == ["a", "b1", "b2"])
    #expect(queue.nextDeadline() == 30)
    #expect(queue.count == 1)
  }

  @Test("a cancelled timer neither fires nor sets the next deadline")
  func cancel() {
    var queue = TimerQueue()
    let first = queue.add(deadline: 10, action("first"))
    _ = queue.add(deadline: 20, action("second"))
    queue.cancel(first)
    queue.cancel(first)
    #expect(queue.nextDeadline() == 20)
    fireDue(&queue, at: 100)
    #expect(fired.names == ["second"])
    queue.cancel(first)
    #expect(queue.nextDeadline() == nil)
  }

  @Test("a due timer can still be cancelled by one that fires before it")
  func cancelWhileDue() {
    var queue = TimerQueue()
    _ = queue.add(deadline: 10, action("first"))
    let second = queue.add(deadline: 10, action("second"))
    let due = queue.due(at: 10)
    queue.take(due[0])?()
    queue.cancel(second)
    #expect(queue.take(due[1]) == nil)
    #expect(fired.names == ["first"])
  }

  @Test("many cancellations leave the order of the living as it was")
  func manyCancellations() {
    var queue = TimerQueue()
    var kept: [String] = []
    for index in 0..<1000 {
      let id = queue.add(deadline: UInt64(1000 - index), action("\(index)"))
      if index % 10 == 0 { kept.append("\(index)") } else { queue.cancel(id) }
    }
    #expect(queue.count == 100)
    fireDue(&queue, at: 1000)
    #expect(fired.names == kept.reversed())
  }
}
