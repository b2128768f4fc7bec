/// Reads the response to one GET whose body may never end, and hands the body out as it arrives
/// (RFC 9112 §6 and §7).
///
/// As strict as ``HTTPResponseParser``, and pure like it. The body as a whole has no limit, for
/// nothing of it is kept. `maximumBodyBytes` bounds one chunk, together with the content that came
/// before it in the same piece.
package struct HTTPResponseStream: Sendable {
  /// Something that the bytes completed: one head, any number of contents, the end.
  package enum Item: Sendable, Equatable {
    case head(status: Int, headers: HTTPHeaders)
    /// At least one byte, with the transfer coding taken off.
    case content([UInt8])
    /// The body is complete. The connection is of no further use.
    case end
  }

  private enum State: Sendable {
    case statusLine
    case headers(StatusLine)
    case body(BodyFraming)
    case finished
  }

  private let limits: HTTPResponseLimits
  private var state = State.statusLine
  private var reader = LineReader()
  private var headers: FieldSection
  private var chunks: ChunkedDecoder
  private var interimResponses = 0

  package init(limits: HTTPResponseLimits) {
    self.limits = limits
    headers = FieldSection(.headers(limits))
    chunks = ChunkedDecoder(limits)
  }

  /// Takes the next bytes of the connection.
  ///
  /// - Returns: what they completed, in order.
  /// - Throws: ``HTTPParseError``; close the connection, nothing more can be read from it.
  package mutating func receive(_ bytes: [UInt8]) throws(HTTPParseError) -> [Item] {
    var items: [Item] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .statusLine:
        let maximum = limits.maximumStatusLineBytes
        let line = try reader.takeLine(
          from: &rest, maximum: maximum, tooLong: .overLimit(.statusLineBytes, maximum: maximum))
        if let line { state = .headers(try StatusLine(line)) }
      case .headers(let statusLine):
        if try headers.receive(&rest) { try finishHead(statusLine, &items) }
      case .body(let framing):
        try readBody(&rest, framing, &items)
      case .finished:
        throw .bytesAfterResponse
      }
    }
    return items
  }

  /// Takes the end of the connection.
  ///
  /// - Throws: ``HTTPParseError/truncated`` where the body had not come to its end.
  package mutating func receiveEOF() throws(HTTPParseError) {
    switch state {
    case .finished, .body(.untilEOF): state = .finished
    case .statusLine: throw .closedBeforeResponse
    case .headers, .body: throw .truncated
    }
  }

  private mutating func finishHead(
    _ statusLine: StatusLine, _ items: inout [Item]
  ) throws(HTTPParseError) {
    guard statusLine.status != 101 else { throw .unexpectedUpgrade }
    guard statusLine.status >= 200 else {
      interimResponses += 1
      guard interimResponses <= limits.maximumInterimResponses else {
        throw .overLimit(.interimResponses, maximum: limits.maximumInterimResponses)
      }
      headers = FieldSection(.headers(limits))
      state = .statusLine
      return
    }
    let framing = try BodyFraming(statusLine, headers.fields, answering: .get)
    items.append(.head(status: statusLine.status, headers: headers.fields))
    state = .body(framing)
    if framing == .length(0) { finish(&items) }
  }

  private mutating func readBody(
    _ rest: inout ArraySlice<UInt8>, _ framing: BodyFraming, _ items: inout [Item]
  ) throws(HTTPParseError) {
    var content: [UInt8] = []
    var isComplete = false
    switch framing {
    case .length(let remaining):
      content = Array(rest.prefix(remaining))
      rest = rest.dropFirst(remaining)
      state = .body(.length(remaining - content.count))
      isComplete = content.count == remaining
    case .chunked:
      isComplete = try chunks.receive(&rest, into: &content)
    case .untilEOF:
      content = Array(rest)
      rest = []
    }
    if !content.isEmpty { items.append(.content(content)) }
    if isComplete { finish(&items) }
  }

  private mutating func finish(_ items: inout [Item]) {
    state = .finished
    items.append(.end)
  }
}
