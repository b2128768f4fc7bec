/// How the end of a response's body is found (RFC 9112 §6.3).
enum BodyFraming: Sendable, Equatable {
  /// So many bytes are still to come; none at all after a head that has no body.
  case length(Int)
  case chunked
  case untilEOF

  /// Decides from the head. The fields are checked even where there is no body, so that a server
  /// which contradicts itself is found out on its first answer.
  init(
    _ statusLine: StatusLine, _ headers: HTTPHeaders, answering method: HTTPMethod
  ) throws(HTTPParseError) {
    let length = try Self.contentLength(headers)
    let isChunked = try Self.isChunked(headers)
    guard !isChunked || (length == nil && statusLine.version == .http11) else {
      throw .ambiguousLength
    }

    if method == .head || statusLine.status == 204 || statusLine.status == 304 {
      self = .length(0)
    } else if isChunked {
      self = .chunked
    } else if let length {
      self = .length(length)
    } else {
      self = .untilEOF
    }
  }

  /// One length, written any number of times (RFC 9110 §8.6), or nil when it is not given.
  private static func contentLength(_ headers: HTTPHeaders) throws(HTTPParseError) -> Int? {
    let values = headers.values(of: "Content-Length")
    var length: Int?
    for value in values {
      for element in value.utf8.split(separator: ASCII.comma, omittingEmptySubsequences: false) {
        guard let bytes = element.trimmingBlanks().decimalValue else {
          throw .malformed(.contentLength)
        }
        guard length == nil || length == bytes else { throw .ambiguousLength }
        length = bytes
      }
    }
    return length
  }

  private static func isChunked(_ headers: HTTPHeaders) throws(HTTPParseError) -> Bool {
    guard headers["Transfer-Encoding"] != nil else { return false }
    guard headers.tokens(of: "Transfer-Encoding") == ["chunked"] else {
      throw .unsupportedTransferCoding
    }
    return true
  }
}
