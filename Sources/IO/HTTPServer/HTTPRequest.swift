/// A request that has passed `RequestRules`, its body included.
package struct HTTPRequest: Sendable {
  package let method: String
  /// As it came, neither decoded nor normalised.
  package let target: String
  /// The path of the target with its percent-escapes decoded once. It begins with `/`, or is `*`.
  /// It can hold `..`, and a `/` that was escaped: whoever opens files by it looks out for both.
  package let path: String
  package let query: HTTPQuery
  package let headers: HTTPHeaders
  package let body: [UInt8]
  package let remoteAddress: HTTPEndpoint
  package let localAddress: HTTPEndpoint
  /// The authority of the target where it has one, else the `Host` field (RFC 9112, section 3.2.2).
  /// Nil is possible for HTTP/1.0 only.
  package let host: String?

  /// - Throws: The refusal of a target that is not valid.
  package init(
    method: String, target: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    remoteAddress: HTTPEndpoint, localAddress: HTTPEndpoint
  ) throws(HTTPRefusal) {
    self.init(
      method: method, target: try RequestTarget(Array(target.utf8)), headers: headers, body: body,
      remoteAddress: remoteAddress, localAddress: localAddress)
  }

  init(
    method: String, target: RequestTarget, headers: HTTPHeaders, body: [UInt8],
    remoteAddress: HTTPEndpoint, localAddress: HTTPEndpoint
  ) {
    self.method = method
    self.target = target.raw
    self.path = target.path
    self.query = target.query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.localAddress = localAddress
    self.host = target.authority ?? headers["Host"]
  }
}
