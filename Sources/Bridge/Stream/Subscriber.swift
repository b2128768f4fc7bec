import HTTPServer

/// One reader of the event stream: a cursor, and the bytes that are on their way to it.
struct Subscriber {
  let stream: StreamID
  var cursor: StreamCursor
  /// What is going out: a block that it shares with the ring, or bytes of its own.
  var chunk: [UInt8] = []
  var chunkOffset = 0
  /// When something last went out.
  var lastWrite: Duration

  var hasChunk: Bool { chunkOffset < chunk.count }

  /// Moves bytes of the chunk into the buffer, behind `offset`.
  ///
  /// - Returns: how many.
  mutating func drainChunk(into buffer: StreamBuffer, at offset: Int) -> Int {
    let count = buffer.copy(chunk[chunkOffset...], at: offset)
    chunkOffset += count
    if chunkOffset == chunk.count {
      chunk = []
      chunkOffset = 0
    }
    return count
  }
}
