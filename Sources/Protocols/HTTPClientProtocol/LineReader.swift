/// Gathers one line out of pieces of any size. A line ends in CRLF and in nothing else: RFC 9112
/// §2.2 lets a recipient accept a lone LF, and every disagreement about that has been an attack.
struct LineReader: Sendable {
  private var line: [UInt8] = []

  var isEmpty: Bool { line.isEmpty }

  /// Takes bytes off the front of `rest` up to the end of the line.
  ///
  /// - Parameters:
  ///   - rest: what has arrived; what was taken is gone from it afterwards.
  ///   - maximum: how many bytes the line may have, with its CRLF.
  ///   - tooLong: what to throw when it has more. Thrown as soon as that is certain, however the
  ///     bytes were cut into pieces.
  /// - Returns: the line without its CRLF, or nil when its end has not come yet.
  /// - Throws: `tooLong`, or `malformed(.lineEnd)` for a CR or an LF that stands alone.
  mutating func takeLine(
    from rest: inout ArraySlice<UInt8>, maximum: Int, tooLong: HTTPParseError
  ) throws(HTTPParseError) -> [UInt8]? {
    let end = rest.firstIndex(of: ASCII.lineFeed)
    let taken = end.map { rest[...$0] } ?? rest
    guard line.count + taken.count <= maximum else { throw tooLong }
    line += taken
    rest = rest[taken.endIndex...]
    guard end != nil else { return nil }

    line.removeLast()
    guard line.popLast() == ASCII.carriageReturn, !line.contains(ASCII.carriageReturn) else {
      throw .malformed(.lineEnd)
    }
    defer { line = [] }
    return line
  }
}
