/// Why a request is refused before, or instead of, reaching a route.
///
/// `HTTPHandler.response(to:)` turns it into a response, so that every refusal of a server has one
/// format.
package struct HTTPRefusal: Error, Sendable, Equatable {
  /// The status code, 400...599.
  package let status: Int
  /// The status in words.
  package let title: String
  /// What is wrong and what the client can do. It never repeats what the client sent.
  package let detail: String

  package init(status: Int, title: String, detail: String) {
    self.status = status
    self.title = title
    self.detail = detail
  }

  static func badRequest(_ detail: String) -> HTTPRefusal {
    HTTPRefusal(status: 400, title: "Bad Request", detail: detail)
  }

  static func contentTooLarge(limit: Int) -> HTTPRefusal {
    HTTPRefusal(
      status: 413, title: "Content Too Large", detail: "A body may have \(limit) bytes.")
  }

  static let headerTooLarge = HTTPRefusal(
    status: 431, title: "Request Header Fields Too Large",
    detail: "Send fewer or shorter header fields; cookies of other services on this host count too."
  )

  static let notANumber = badRequest("Content-Length must be a number.")

  /// What microhttpd 0.9.75 refuses with these statuses, once the request line is read.
  static func ofMicroHTTPD(
    status: Int, isOfChunks: Bool, _ configuration: HTTPServerConfiguration
  ) -> HTTPRefusal? {
    switch status {
    case 400 where isOfChunks: badRequest("A chunk begins with its length in hexadecimal digits.")
    case 400: notANumber
    case 413: contentTooLarge(limit: configuration.maximumBodyBytes)
    case 431: headerTooLarge
    default: nil
    }
  }

  static let unknownTransferCoding = HTTPRefusal(
    status: 501, title: "Not Implemented",
    detail: "The only transfer coding understood here is chunked.")

  static let tooManyReplies = HTTPRefusal(
    status: 503, title: "Service Unavailable",
    detail: "Too many responses wait for clients that do not read them; try again soon.")

  static let noDescriptor = HTTPRefusal(
    status: 503, title: "Service Unavailable",
    detail: "The bridge has no file descriptor left for a stream; try again soon.")

  static let stopping = HTTPRefusal(
    status: 503, title: "Service Unavailable", detail: "The bridge is stopping.")

  static let internalError = HTTPRefusal(
    status: 500, title: "Internal Server Error", detail: "The response could not be built.")

  /// The refusal as `application/problem+json` (RFC 9457).
  package var problem: HTTPResponse {
    let json = """
      {"type":"about:blank","title":\(Self.quoted(title)),"status":\(status),\
      "detail":\(Self.quoted(detail))}

      """
    return HTTPResponse(
      status: status,
      headers: ["Content-Type": "application/problem+json", "Cache-Control": "no-store"],
      body: Array(json.utf8))
  }

  /// A JSON string (RFC 8259, section 7).
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        result += "\\"
        result.unicodeScalars.append(scalar)
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
