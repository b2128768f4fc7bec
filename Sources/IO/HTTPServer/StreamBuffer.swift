/// Where a fill puts the next bytes of a stream. It is valid during the call of `fill` alone.
///
/// `@unchecked Sendable`: the memory is used on the server's loop alone, from where `fill` is
/// called. It is Sendable so that an actor of that loop can take it along into `assumeIsolated`.
package struct StreamBuffer: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  /// - Parameter memory: Outlives the buffer.
  package init(_ memory: UnsafeMutableRawBufferPointer) {
    self.memory = memory
  }

  /// How many bytes it takes.
  package var capacity: Int { memory.count }

  /// Copies what of `bytes` begins at `start`, as much as there is room for behind `offset`.
  ///
  /// - Returns: How many bytes were copied.
  package func copy(_ bytes: [UInt8], from start: Int = 0, at offset: Int = 0) -> Int {
    let count = min(bytes.count - start, memory.count - offset)
    bytes.withUnsafeBytes { source in
      UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[start..<(start + count)]))
    }
    return count
  }

  /// Gives the memory itself to `body`, which must not let it escape.
  package func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(memory)
  }
}
