/// A complete final response: its head, its whole body, and whether the connection lives on.
package struct HTTPResponse: Sendable, Equatable {
  /// 200 to 599; interim responses are never handed out.
  package let status: Int
  /// The reason phrase, which means nothing (RFC 9112 §4) and is kept for logs.
  package let reason: String
  package let headers: HTTPHeaders
  /// The content, with the transfer coding taken off. `Content-Encoding` is left as it is.
  package let body: [UInt8]
  /// What stood behind a chunked body; never merged into `headers` (RFC 9110 §6.5.1).
  package let trailers: HTTPHeaders
  /// Whether another request may be sent on the same connection (RFC 9112 §9.3).
  package let isReusable: Bool
}

extension HTTPResponse {
  /// `Retry-After` in its form of seconds (RFC 9110 §10.2.3).
  ///
  /// Nil when it is absent, written as a date (a core has no clock to compare it with), or not a
  /// number that can be held.
  package var retryAfter: Duration? {
    headers["Retry-After"].flatMap(\.utf8.decimalValue).map { .seconds($0) }
  }

  /// The media type of `Content-Type`, in lower case and without parameters, such as
  /// `application/json`. Tells an application's own 404 from a proxy's page.
  package var mediaType: String? {
    headers["Content-Type"].flatMap { value in
      value.utf8.split(separator: ASCII.semicolon, omittingEmptySubsequences: false).first.map {
        String(decoding: $0.trimmingBlanks().map(\.lowercasedASCII), as: UTF8.self)
      }
    }
  }
}
