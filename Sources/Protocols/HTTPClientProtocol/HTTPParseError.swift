/// Why a response could not be had. The connection is of no further use after any of
/// them.
package enum HTTPParseError: Error, Sendable, Equatable {
  /// What was being read when the bytes made no sense.
  package enum Part: String, Sendable, CaseIterable {
    case lineEnd = "line end"
    case statusLine = "status line"
    case headerLine = "header line"
    case contentLength = "Content-Length"
    case chunkSize = "chunk size"
    case chunkEnd = "end of a chunk"
    case trailerLine = "trailer line"
  }

  /// Which of ``HTTPResponseLimits`` was passed.
  package enum Limit: String, Sendable, CaseIterable {
    case statusLineBytes = "bytes of status line"
    case headerLineBytes = "bytes of one header line"
    case headerCount = "header fields"
    case headerBytes = "bytes of headers"
    case bodyBytes = "bytes of body"
    case chunkExtensionBytes = "bytes of chunk extensions"
    case trailerCount = "trailer fields"
    case trailerBytes = "bytes of trailers"
    case interimResponses = "interim responses"
  }

  /// The bytes are not HTTP/1.1 at this part.
  case malformed(Part)
  /// The response is longer than the caller is willing to hold.
  case overLimit(Limit, maximum: Int)
  /// The response says its length in two ways that need not agree (RFC 9112 §6.3): a transfer
  /// coding beside a length or in HTTP/1.0, or several lengths.
  case ambiguousLength
  /// A transfer coding other than `chunked` alone. None was offered.
  case unsupportedTransferCoding
  /// Neither HTTP/1.0 nor HTTP/1.1.
  case unsupportedVersion
  /// A 101 that nobody asked for.
  case unexpectedUpgrade
  /// The connection ended before the first byte: on a kept connection the server had already given
  /// it up, and the request was most likely not seen.
  case closedBeforeResponse
  /// The connection ended inside the response.
  case truncated
  /// Bytes behind a complete response, or without a request: the server and we do not agree on
  /// where a message ends.
  case bytesAfterResponse
}

extension HTTPParseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let part): "malformed HTTP response: \(part.rawValue)"
    case .overLimit(let limit, let maximum):
      "HTTP response over the limit of \(maximum) \(limit.rawValue)"
    case .ambiguousLength: "HTTP response with an ambiguous length"
    case .unsupportedTransferCoding: "HTTP response with an unknown transfer coding"
    case .unsupportedVersion: "HTTP response of another version than 1.0 and 1.1"
    case .unexpectedUpgrade: "HTTP response 101 without being asked"
    case .closedBeforeResponse: "connection closed before the HTTP response"
    case .truncated: "connection closed inside the HTTP response"
    case .bytesAfterResponse: "bytes after the end of the HTTP response"
    }
  }
}
