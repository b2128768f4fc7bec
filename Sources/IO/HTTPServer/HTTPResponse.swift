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

/// The beginning of a response whose body is a stream: chunked for HTTP/1.1, up to the end of the
/// connection for HTTP/1.0. The connection is closed after either.
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
  /// The response comes later. Called at once, with what takes it, once, on the loop; the client
  /// may have left by then. Other connections are served meanwhile.
  case later(@Sendable (_ complete: @escaping @Sendable (HTTPResponse) -> Void) -> Void)
  /// A stream. `opened` is called on the loop, before the first `fill`, with the name that the
  /// server gives to the stream. It isn't called for a HEAD, which is answered with the head alone.
  case stream(HTTPStreamHead, opened: @Sendable (StreamID) -> Void)
}

extension HTTPHeaders {
  /// The head of a response (RFC 9112, sections 4 and 5) after which the connection is closed, for
  /// one that is written past microhttpd.
  ///
  /// - Parameter reason: The reason phrase.
  func responseHead(status: Int, reason: String, isChunked: Bool) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(reason)\r\nDate: \(HTTPDate.now())\r\nConnection: close\r\n"
    if isChunked { head += "Transfer-Encoding: chunked\r\n" }
    for field in fields where field.isPrintable { head += "\(field.name): \(field.value)\r\n" }
    return Array((head + "\r\n").utf8)
  }
}
