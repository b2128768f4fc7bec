import HeapModule

/// Names a timer of one loop. Ids are never used twice.
package struct TimerID: Hashable, Sendable {
  fileprivate let value: UInt64
}

/// Timers in order of their deadlines; timers of one deadline in the order they were added.
///
/// A value without a clock: it is told the time, in nanoseconds of a monotonic clock.
struct TimerQueue {
  typealias Action = @Sendable () -> Void

  /// Cancelled timers stay in the heap until they reach the top. Beyond this many the heap is
  /// rebuilt once they outnumber the live ones, so that cancelling often costs no memory.
  private static let toleratedCancelledTimers = 64

  private struct Entry: Comparable {
    let deadline: UInt64
    let id: UInt64

    static func < (left: Entry, right: Entry) -> Bool {
      (left.deadline, left.id) < (right.deadline, right.id)
    }
  }

  private var heap = Heap<Entry>()
  private var actions: [TimerID: Action] = [:]
  private var nextID: UInt64 = 0

  /// How many timers are waiting.
  var count: Int { actions.count }

  mutating func add(deadline: UInt64, _ action: @escaping Action) -> TimerID {
    let id = TimerID(value: nextID)
    nextID += 1
    actions[id] = action
    heap.insert(Entry(deadline: deadline, id: id.value))
    return id
  }

  /// Forgets a timer; one that has fired or was cancelled before is none.
  mutating func cancel(_ id: TimerID) {
    guard actions.removeValue(forKey: id) != nil else { return }
    let cancelled = heap.count - actions.count
    if cancelled > Self.toleratedCancelledTimers, cancelled > actions.count {
      heap = Heap(heap.unordered.filter { actions[TimerID(value: $0.id)] != nil })
    }
  }

  /// When the next live timer is due.
  mutating func nextDeadline() -> UInt64? {
    while let first = heap.min {
      if actions[TimerID(value: first.id)] != nil { return first.deadline }
      heap.removeMin()
    }
    return nil
  }

  /// The timers due at `now`, in order. They are still live: run each through `take`, so that one
  /// of them can cancel a later one.
  mutating func due(at now: UInt64) -> [TimerID] {
    var due: [TimerID] = []
    while let first = heap.min, first.deadline <= now {
      heap.removeMin()
      let id = TimerID(value: first.id)
      if actions[id] != nil { due.append(id) }
    }
    return due
  }

  /// The action of a due timer, which is thereby spent; nil when it was cancelled meanwhile.
  mutating func take(_ id: TimerID) -> Action? {
    actions.removeValue(forKey: id)
  }

  mutating func removeAll() {
    heap = Heap()
    actions.removeAll()
  }
}
