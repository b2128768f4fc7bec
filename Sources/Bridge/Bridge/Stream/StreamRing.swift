import DequeModule

/// The newest blocks of the event stream, once for all subscribers. A subscriber that falls behind
/// what is here goes on from the store.
package struct StreamRing: Sendable {
  /// Blocks kept, at most.
  static let maximumItems = 4096
  /// Their bytes, at most.
  static let maximumBytes = 4 * 1024 * 1024

  private var items: Deque<StreamItem> = []
  private var bytes = 0
  /// The position of the oldest block that is kept. Positions only grow.
  private(set) var start = 0

  /// The position of the next block.
  var end: Int { start + items.count }

  /// The block at a position in `start..<end`.
  subscript(position: Int) -> StreamItem { items[position - start] }

  package init() {}

  package mutating func append(_ item: StreamItem) {
    items.append(item)
    bytes += item.bytes.count
    while items.count > Self.maximumItems || (bytes > Self.maximumBytes && items.count > 1) {
      bytes -= items.removeFirst().bytes.count
      start += 1
    }
  }
}
