/// Reads the response to one request (RFC 9112, the client's side). Bytes in, a response out; no
/// I/O and no clock.
///
/// Make one parser for each request. Give it every piece that arrives with ``receive(_:)``, and
/// tell it with ``receiveEOF()`` when the server ends the connection; each returns the response
/// once it is complete and nil before. Requests are never pipelined, so a byte behind the response
/// is an error. After an error the connection must be closed, and the parser repeats the error.
///
/// Stricter than the RFC asks where leniency has been an attack: lines end in CRLF, fields are not
/// folded, a length is said in one way. The work is linear in the bytes received, however they are
/// cut into pieces.
package struct HTTPResponseParser: Sendable {
  private enum State: Sendable {
    case statusLine
    case headers(StatusLine)
    case body(StatusLine, BodyFraming)
    case finished
    case failed(HTTPParseError)
  }

  private let method: HTTPMethod
  private let limits: HTTPResponseLimits

  private var state = State.statusLine
  private var hasReceivedBytes = false
  private var interimResponses = 0
  private var reader = LineReader()
  private var headers: FieldSection
  private var chunks: ChunkedDecoder
  private var body: [UInt8] = []

  /// Makes a parser for the response to a request.
  ///
  /// - Parameters:
  ///   - method: the request's method: the answer to a HEAD has no body whatever it says.
  ///   - limits: how much is accepted.
  package init(answering method: HTTPMethod, limits: HTTPResponseLimits) {
    self.method = method
    self.limits = limits
    headers = FieldSection(.headers(limits))
    chunks = ChunkedDecoder(limits)
  }

  /// Takes the next bytes of the connection.
  ///
  /// - Returns: the response if these bytes completed it, or nil if more are needed.
  /// - Throws: ``HTTPParseError``; close the connection.
  package mutating func receive(_ bytes: [UInt8]) throws(HTTPParseError) -> HTTPResponse? {
    var rest = bytes[...]
    do throws(HTTPParseError) {
      let response = try advance(&rest)
      guard rest.isEmpty else { throw .bytesAfterResponse }
      return response
    } catch {
      state = .failed(error)
      throw error
    }
  }

  /// Takes the end of the connection: the server will send nothing more.
  ///
  /// - Returns: the response, if its body was the one that lasts until the end (RFC 9112 §6.3 no.
  ///   8); nil if it had been handed out already.
  /// - Throws: ``HTTPParseError/closedBeforeResponse`` or ``HTTPParseError/truncated``, or again
  ///   the error that came before.
  package mutating func receiveEOF() throws(HTTPParseError) -> HTTPResponse? {
    switch state {
    case .body(let statusLine, .untilEOF):
      return finish(statusLine, connectionEnded: true)
    case .finished:
      return nil
    case .failed(let error):
      throw error
    case .statusLine, .headers, .body:
      let error = hasReceivedBytes ? HTTPParseError.truncated : .closedBeforeResponse
      state = .failed(error)
      throw error
    }
  }

  private mutating func advance(
    _ rest: inout ArraySlice<UInt8>
  ) throws(HTTPParseError) -> HTTPResponse? {
    while !rest.isEmpty {
      hasReceivedBytes = true
      switch state {
      case .statusLine:
        try readStatusLine(&rest)
      case .headers(let statusLine):
        guard try headers.receive(&rest) else { return nil }
        if let response = try finishHead(statusLine) { return response }
      case .body(let statusLine, let framing):
        guard try readBody(&rest, statusLine, framing) else { return nil }
        return finish(statusLine, connectionEnded: false)
      case .finished:
        throw .bytesAfterResponse
      case .failed(let error):
        throw error
      }
    }
    return nil
  }

  private mutating func readStatusLine(_ rest: inout ArraySlice<UInt8>) throws(HTTPParseError) {
    let maximum = limits.maximumStatusLineBytes
    let line = try reader.takeLine(
      from: &rest, maximum: maximum, tooLong: .overLimit(.statusLineBytes, maximum: maximum))
    guard let line else { return }
    state = .headers(try StatusLine(line))
  }

  /// The head is complete: skips an interim response (RFC 9110 §15.2), or settles how the body
  /// ends.
  private mutating func finishHead(
    _ statusLine: StatusLine
  ) throws(HTTPParseError) -> HTTPResponse? {
    guard statusLine.status != 101 else { throw .unexpectedUpgrade }
    guard statusLine.status >= 200 else {
      interimResponses += 1
      guard interimResponses <= limits.maximumInterimResponses else {
        throw .overLimit(.interimResponses, maximum: limits.maximumInterimResponses)
      }
      headers = FieldSection(.headers(limits))
      state = .statusLine
      return nil
    }

    let framing = try BodyFraming(statusLine, headers.fields, answering: method)
    if case .length(let bytes) = framing {
      guard bytes <= limits.maximumBodyBytes else {
        throw .overLimit(.bodyBytes, maximum: limits.maximumBodyBytes)
      }
      guard bytes > 0 else { return finish(statusLine, connectionEnded: false) }
    }
    state = .body(statusLine, framing)
    return nil
  }

  /// Returns whether the body is complete.
  private mutating func readBody(
    _ rest: inout ArraySlice<UInt8>, _ statusLine: StatusLine, _ framing: BodyFraming
  ) throws(HTTPParseError) -> Bool {
    switch framing {
    case .length(let remaining):
      let taken = rest.prefix(remaining)
      body += taken
      rest = rest[taken.endIndex...]
      state = .body(statusLine, .length(remaining - taken.count))
      return taken.count == remaining
    case .chunked:
      return try chunks.receive(&rest, into: &body)
    case .untilEOF:
      guard rest.count <= limits.maximumBodyBytes - body.count else {
        throw .overLimit(.bodyBytes, maximum: limits.maximumBodyBytes)
      }
      body += rest
      rest = []
      return false
    }
  }

  private mutating func finish(
    _ statusLine: StatusLine, connectionEnded: Bool
  ) -> HTTPResponse {
    state = .finished
    defer { body = [] }
    return HTTPResponse(
      status: statusLine.status,
      reason: statusLine.reason,
      headers: headers.fields,
      body: body,
      trailers: chunks.trailers,
      isReusable: !connectionEnded && keepsConnection(statusLine.version))
  }

  /// Whether the server means to keep the connection (RFC 9112 §9.3).
  private func keepsConnection(_ version: StatusLine.Version) -> Bool {
    let options = headers.fields.tokens(of: "Connection")
    guard !options.contains("close") else { return false }
    return version == .http11 || options.contains("keep-alive")
  }
}
