import WebSocketProtocol

/// One request, whole.
struct HTTPRequest: Sendable {
  let head: HandshakeRequest
  let body: [UInt8]

  /// RFC 9112 section 9.3: a connection stays open unless a side says otherwise.
  var keepsAlive: Bool { !head.headers.lists("close", in: "Connection") }

  func restRequest(from address: String) -> RESTRequest {
    var headers: [String: String] = [:]
    for field in head.headers.fields where headers[field.name.lowercased()] == nil {
      headers[field.name.lowercased()] = field.value
    }
    return RESTRequest(
      method: head.method, target: head.target, headers: headers, body: body, address: address)
  }
}

/// Takes requests out of a connection's bytes (RFC 9112), one after another. Bodies come by
/// `Content-Length` only, which is what curl, browsers and the bridge send.
struct HTTPRequestReader: Sendable {
  enum Failure: Error, Sendable, Hashable {
    case malformedHead
    case headTooLarge
    case malformedLength
    case bodyTooLarge
    /// `Transfer-Encoding` is more than a simulator needs.
    case unsupportedTransferEncoding

    var status: Int {
      switch self {
      case .malformedHead, .malformedLength: 400
      case .headTooLarge: 431
      case .bodyTooLarge: 413
      case .unsupportedTransferEncoding: 501
      }
    }
  }

  /// As much as uvicorn takes: an `[in]` filter of 900 hashes is some 58 KB of request line.
  static let limits = HandshakeLimits(maximumHeadBytes: 64 * 1024)
  static let maximumBodyBytes = 4 * 1024 * 1024

  private var handshake = ServerHandshake(limits: limits)
  private var head: HandshakeRequest?
  private var bodyBytes = 0
  private var buffer: [UInt8] = []

  /// Bytes that came after the last request, or after the head of an upgrade: the first of what
  /// follows.
  var leftover: [UInt8] { buffer }

  mutating func receive(_ bytes: [UInt8]) {
    buffer += bytes
  }

  /// The next request that is whole; nil when more bytes are needed. After a failure the connection
  /// is of no more use.
  mutating func next() throws(Failure) -> HTTPRequest? {
    if head == nil { try readHead() }
    guard let head, buffer.count >= bodyBytes else { return nil }
    let body = Array(buffer.prefix(bodyBytes))
    buffer.removeFirst(bodyBytes)
    self.head = nil
    return HTTPRequest(head: head, body: body)
  }

  private mutating func readHead() throws(Failure) {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer = []
    do throws(HandshakeError) {
      guard let request = try handshake.receive(bytes) else { return }
      head = request
      buffer = request.leftover
      handshake = ServerHandshake(limits: Self.limits)
    } catch .headTooLarge, .tooManyHeaderFields {
      throw .headTooLarge
    } catch {
      throw .malformedHead
    }
    guard let headers = head?.headers else { return }
    guard headers["Transfer-Encoding"] == nil else { throw .unsupportedTransferEncoding }
    let lengths = headers.values(of: "Content-Length")
    guard lengths.count <= 1, let length = Int(lengths.first ?? "0"), length >= 0 else {
      throw .malformedLength
    }
    guard length <= Self.maximumBodyBytes else { throw .bodyTooLarge }
    bodyBytes = length
  }
}

extension RESTResponse {
  /// The response as it goes over the wire.
  func bytes(keepsAlive: Bool) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(Self.reasonPhrase(status))\r\nserver: uvicorn\r\n"
    for header in headers { head += "\(header.name): \(header.value)\r\n" }
    head += "content-length: \(body.count)\r\n"
    if !keepsAlive { head += "connection: close\r\n" }
    return Array((head + "\r\n").utf8) + body
  }

  private static func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 307: "Temporary Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 413: "Content Too Large"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    default: ""
    }
  }
}
