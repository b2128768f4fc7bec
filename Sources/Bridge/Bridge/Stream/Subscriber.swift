import HTTPServer

/// One reader of the event stream: a cursor, and the bytes that are on their way to it.
///
/// An object, so that a delivery changes it where it is. It belongs to the hub, and stays on its
/// loop.
final class Subscriber {
  let stream: StreamID
  var cursor: StreamCursor
  /// When something last went out.
  var lastWrite: Duration
  /// It is given nothing more than the block that is under way.
  var isEnding = false
  /// Where its audience lists it.
  var place = 0
  /// What is going out: a block that it shares with the ring, or bytes of its own.
  private var chunk: [UInt8] = []
  private var chunkOffset = 0

  init(stream: StreamID, cursor: StreamCursor, lastWrite: Duration) {
    self.stream = stream
    self.cursor = cursor
    self.lastWrite = lastWrite
  }

  var hasChunk: Bool { chunkOffset < chunk.count }

  /// Sends these bytes next. There are none under way.
  func begin(_ chunk: [UInt8]) {
    self.chunk = chunk
    chunkOffset = 0
  }

  /// Moves bytes of the chunk into the buffer, behind `offset`.
  ///
  /// - Returns: how many.
  func drainChunk(into buffer: StreamBuffer, at offset: Int) -> Int {
    let count = buffer.copy(chunk, from: chunkOffset, at: offset)
    chunkOffset += count
    if chunkOffset == chunk.count { begin([]) }
    return count
  }
}
