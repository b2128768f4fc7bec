/// Writes streams to their sockets: bytes of the handler, as chunks (RFC 9112, section 7.1).
///
/// One buffer serves all streams: what a socket doesn't take at once is copied for that stream
/// alone. So a subscriber that keeps up costs one `send` for what is new, and no memory.
final class StreamSender {
  /// How a stream stands when its turn is over.
  enum Outcome {
    case waits
    /// It has more, for its next turn.
    case hasMore
    /// Its reader takes no more at present.
    case isBlocked
    /// It has come to its end, or its reader is gone.
    case isOver
  }

  /// What a stream is asked for at a time; the others have their turn after one that fills it. So
  /// much may be held for a reader that takes nothing, besides what the kernel holds for it.
  private static let pieceBytes = 32 * 1024
  /// Before a chunk stands its length in hexadecimal and a line end.
  private static let prefixBytes = 8
  private static let suffix: StaticString = "\r\n"
  private static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)

  private let table: StreamTable
  private let handler: any HTTPHandler
  /// Owned: room for a chunk. Freed in `deinit`.
  private let memory: UnsafeMutableRawBufferPointer

  init(table: StreamTable, handler: any HTTPHandler) {
    self.table = table
    self.handler = handler
    memory = .allocate(
      byteCount: Self.prefixBytes + Self.pieceBytes + Self.suffix.utf8CodeUnitCount, alignment: 16)
  }

  deinit { memory.deallocate() }

  /// Gives a stream that is due its turn.
  func send(at place: Int) -> Outcome {
    if let outcome = sendRest(at: place) { return outcome }
    let id = table.id(at: place)
    let piece = UnsafeMutableRawBufferPointer(
      rebasing: memory[Self.prefixBytes..<(Self.prefixBytes + Self.pieceBytes)])
    while true {
      table.beginFill(at: place)
      switch handler.fill(id, into: StreamBuffer(piece)) {
      case .bytes(let count):
        precondition((1...piece.count).contains(count), "a fill writes what the buffer holds")
        if let outcome = sendPiece(count, at: place) { return outcome }
        if count == piece.count { return .hasMore }
      case .wait where table.isClosing:
        return finish(at: place)
      case .wait:
        if table.wait(at: place) { return .waits }
      case .end:
        return finish(at: place)
      }
    }
  }

  /// Ends a stream in the way of its encoding.
  private func finish(at place: Int) -> Outcome {
    table.withSlot(at: place) { slot in
      slot.isComplete = true
      if slot.isChunked { slot.unsent = Self.lastChunk }
    }
    return sendRest(at: place) ?? .isOver
  }

  /// Sends what is left from before.
  ///
  /// - Returns: nil when all of it is out and more may follow.
  private func sendRest(at place: Int) -> Outcome? {
    table.withSlot(at: place) { slot in
      guard !slot.unsent.isEmpty else { return slot.isComplete ? .isOver : nil }
      let sent = slot.unsent.withUnsafeBytes {
        slot.connection?.socket.write(UnsafeRawBufferPointer(rebasing: $0[slot.unsentStart...]))
      }
      guard let sent else { return .isOver }
      slot.unsentStart += sent
      guard slot.unsentStart == slot.unsent.count else { return .isBlocked }
      slot.unsent = []
      slot.unsentStart = 0
      return slot.isComplete ? .isOver : nil
    }
  }

  /// Sends what the handler has put into the piece.
  ///
  /// - Returns: nil when all of it is out.
  private func sendPiece(_ count: Int, at place: Int) -> Outcome? {
    let chunk = UnsafeRawBufferPointer(
      rebasing: table.slots[place].isChunked
        ? frame(count) : memory[Self.prefixBytes..<(Self.prefixBytes + count)])
    guard let sent = table.slots[place].connection?.socket.write(chunk) else { return .isOver }
    guard sent < chunk.count else { return nil }
    let rest = Array(chunk.dropFirst(sent))
    table.withSlot(at: place) { slot in
      slot.unsent = rest
      slot.unsentStart = 0
    }
    return .isBlocked
  }

  /// Makes a chunk of what the piece holds.
  private func frame(_ count: Int) -> Slice<UnsafeMutableRawBufferPointer> {
    let end = Self.prefixBytes + count
    memory[end] = UInt8(ascii: "\r")
    memory[end + 1] = UInt8(ascii: "\n")
    memory[Self.prefixBytes - 1] = UInt8(ascii: "\n")
    memory[Self.prefixBytes - 2] = UInt8(ascii: "\r")
    var start = Self.prefixBytes - 2
    var rest = count
    repeat {
      start -= 1
      let digit = UInt8(rest & 0xF)
      memory[start] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      rest >>= 4
    } while rest > 0
    return memory[start..<(end + 2)]
  }
}
