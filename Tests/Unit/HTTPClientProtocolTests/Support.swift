import HTTPClientProtocol

extension HTTPResponseLimits {
  static let roomy = HTTPResponseLimits(maximumBodyBytes: 1024 * 1024)
}

/// Feeds pieces and then, if asked, the end of the connection; gives the response, or nil when it
/// is not complete. A piece behind the response is fed too, so that it is found out.
func parse(
  _ pieces: [[UInt8]],
  answering method: HTTPMethod = .get,
  limits: HTTPResponseLimits = .roomy,
  thenEOF: Bool = false
) throws(HTTPParseError) -> HTTPResponse? {
  var parser = HTTPResponseParser(answering: method, limits: limits)
  var response: HTTPResponse?
  for piece in pieces {
    if let complete = try parser.receive(piece) { response = complete }
  }
  if thenEOF, let complete = try parser.receiveEOF() { response = complete }
  return response
}

/// Feeds text in one piece.
func parse(
  _ text: String,
  answering method: HTTPMethod = .get,
  limits: HTTPResponseLimits = .roomy,
  thenEOF: Bool = false
) throws(HTTPParseError) -> HTTPResponse? {
  try parse([Array(text.utf8)], answering: method, limits: limits, thenEOF: thenEOF)
}
