/// Writes a server's responses.
package enum HandshakeResponse {
  /// A response with a body, after which the server closes the connection. `headers` come after
  /// `Content-Length` and `Connection`, which are written here.
  package static func closing(
    statusCode: Int, reasonPhrase: String, headers: HandshakeHeaders = [:], body: [UInt8] = []
  ) -> [UInt8] {
    var all: HandshakeHeaders = ["Content-Length": "\(body.count)", "Connection": "close"]
    for field in headers.fields { all.append(field.name, field.value) }
    return bytes(statusCode: statusCode, reasonPhrase: reasonPhrase, headers: all) + body
  }

  /// The answer to a request that could not be accepted (RFC 6455, section 4.2.2).
  package static func refusing(_ error: HandshakeError) -> [UInt8] {
    switch error {
    case .headTooLarge, .tooManyHeaderFields:
      closing(statusCode: 431, reasonPhrase: "Request Header Fields Too Large")
    case .methodNotAllowed:
      closing(statusCode: 405, reasonPhrase: "Method Not Allowed", headers: ["Allow": "GET"])
    case .notAnUpgrade:
      closing(
        statusCode: 426, reasonPhrase: "Upgrade Required", headers: ["Upgrade": "websocket"])
    case .unsupportedVersion:
      closing(
        statusCode: 426, reasonPhrase: "Upgrade Required",
        headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])
    default:
      closing(statusCode: 400, reasonPhrase: "Bad Request")
    }
  }

  static func bytes(
    statusCode: Int, reasonPhrase: String, headers: HandshakeHeaders
  ) -> [UInt8] {
    Array("HTTP/1.1 \(statusCode) \(reasonPhrase)\r\n\(headers.wireText)\r\n".utf8)
  }
}
