import HeapModule

/// What will happen in a simulated world, in order of time, and of planning where times are equal.
struct Agenda {
  /// A planned thing, for taking it back.
  struct Ticket: Hashable {
    fileprivate let number: Int
  }

  private struct Entry: Comparable {
    let due: Duration
    let number: Int
    let action: () -> Void

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }

    static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
  }

  private var entries = Heap<Entry>()
  private var cancelled: Set<Int> = []
  private var planned = 0

  @discardableResult
  mutating func plan(at due: Duration, _ action: @escaping () -> Void) -> Ticket {
    planned += 1
    entries.insert(Entry(due: due, number: planned, action: action))
    return Ticket(number: planned)
  }

  mutating func cancel(_ ticket: Ticket) {
    cancelled.insert(ticket.number)
  }

  /// Takes out the next thing that happens.
  mutating func next() -> (due: Duration, action: () -> Void)? {
    while let entry = entries.popMin() {
      if cancelled.remove(entry.number) == nil { return (entry.due, entry.action) }
    }
    return nil
  }
}
