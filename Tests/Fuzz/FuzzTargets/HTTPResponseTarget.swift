import HTTPClientProtocol

private let limits: HTTPResponseLimits = {
  var limits = HTTPResponseLimits(maximumBodyBytes: 1024)
  limits.maximumStatusLineBytes = 128
  limits.maximumHeaderLineBytes = 256
  limits.maximumHeaderCount = 8
  limits.maximumHeaderBytes = 512
  limits.maximumChunkExtensionBytes = 32
  limits.maximumTrailerBytes = 64
  return limits
}()

/// A server's answer: however it is cut, the outcome is the same, and its body is no longer than
/// allowed.
func fuzzHTTPResponse(_ input: [UInt8]) {
  guard let choice = input.first else { return }
  let bytes = Array(input.dropFirst())
  let method = choice % 2 == 0 ? HTTPMethod.get : .post
  let whole = Outcome([bytes], method)
  precondition(whole == Outcome(pieces(of: bytes), method), "pieces make a difference")
  if case .response(let response?) = whole {
    precondition(response.body.count <= limits.maximumBodyBytes)
    precondition(response.headers.fields.count <= limits.maximumHeaderCount)
    _ = (response.retryAfter, response.mediaType)
  }
  fuzzStream(bytes)
}

private enum Outcome: Equatable {
  case response(HTTPResponse?)
  case failure(HTTPParseError)

  init(_ pieces: [[UInt8]], _ method: HTTPMethod) {
    var parser = HTTPResponseParser(answering: method, limits: limits)
    do throws(HTTPParseError) {
      var response: HTTPResponse?
      for piece in pieces {
        if let complete = try parser.receive(piece) { response = complete }
      }
      self = .response(try parser.receiveEOF() ?? response)
    } catch {
      self = .failure(error)
    }
  }
}

/// The parser of endless answers, which `walletwire watch` reads.
private func fuzzStream(_ bytes: [UInt8]) {
  var stream = HTTPResponseStream(limits: limits)
  do throws(HTTPParseError) {
    for piece in pieces(of: bytes) { _ = try stream.receive(piece) }
    try stream.receiveEOF()
  } catch {
    _ = error.description
  }
}
