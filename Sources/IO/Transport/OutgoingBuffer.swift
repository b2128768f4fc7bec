import DequeModule

/// Bytes on their way to the kernel, in order.
struct OutgoingBuffer {
  private var chunks = Deque<[UInt8]>()
  /// How much of the first chunk is gone.
  private var sent = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    chunks.append(bytes)
    count += bytes.count
  }

  /// What to send next; nil when there is nothing.
  var first: ArraySlice<UInt8>? { chunks.first?[sent...] }

  /// Forgets the first `bytes` bytes, which must belong to `first`.
  mutating func drop(_ bytes: Int) {
    guard let first = chunks.first else { return }
    precondition(bytes <= first.count - sent)
    sent += bytes
    count -= bytes
    if sent == first.count {
      chunks.removeFirst()
      sent = 0
    }
  }

  mutating func removeAll() {
    self = OutgoingBuffer()
  }
}
