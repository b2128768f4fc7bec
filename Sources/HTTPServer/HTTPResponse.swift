/// A response that is known as a whole.
///
/// The server adds `Date`, `Content-Length`, `Connection` where it is needed, and the
/// configuration's common headers. A field that HTTP can't carry (a line break in it, an empty
/// value, a `Content-Length` of one's own) is left out.
package struct HTTPResponse: Sendable, Equatable {
  /// 200...599.
  package var status: Int
  package var headers: HTTPHeaders
  /// What a GET would be sent. For a HEAD, and with status 304, the server sends its length alone:
  /// a 304 is given the body that the client already has.
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The beginning of a response whose body is a stream: chunked for HTTP/1.1, until the connection
/// closes for HTTP/1.0.
package struct HTTPStreamHead: Sendable, Equatable {
  /// 200...599, but neither 204 nor 304: those have no body.
  package var status: Int
  package var headers: HTTPHeaders

  package init(status: Int = 200, headers: HTTPHeaders) {
    self.status = status
    self.headers = headers
  }
}

/// What a handler answers to a request.
package enum HTTPReply: Sendable {
  case response(HTTPResponse)
  /// A stream. `opened` is called on the loop, before the first `fill`, with the name that the
  /// server gives to the stream. It isn't called for a HEAD, which is answered with the head alone.
  case stream(HTTPStreamHead, opened: @Sendable (StreamID) -> Void)
}

extension HTTPResponse {
  /// The response as bytes of HTTP/1.1, with the connection closed after it.
  func closingBytes(reason: String) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(reason)\r\n"
    for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + body
  }
}
