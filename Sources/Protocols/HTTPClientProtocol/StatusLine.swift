/// The first line of a response (RFC 9112 §4): `HTTP/1.1 200 OK`.
struct StatusLine: Sendable {
  enum Version: Sendable { case http10, http11 }

  let version: Version
  /// 100 to 599.
  let status: Int
  let reason: String

  /// Reads a line that has lost its CRLF. The space behind the code is not insisted on, since many
  /// servers leave it out with the reason.
  init(_ line: [UInt8]) throws(HTTPParseError) {
    let parts = line.split(separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts[0].starts(with: "HTTP/".utf8), parts.count >= 2 else {
      throw .malformed(.statusLine)
    }
    if parts[0].elementsEqual("HTTP/1.1".utf8) {
      version = .http11
    } else if parts[0].elementsEqual("HTTP/1.0".utf8) {
      version = .http10
    } else {
      throw .unsupportedVersion
    }
    guard parts[1].count == 3, let status = parts[1].decimalValue, (100...599).contains(status)
    else { throw .malformed(.statusLine) }
    self.status = status
    let reason = parts.count == 3 ? parts[2] : []
    guard reason.allSatisfy(\.isFieldValueByte) else { throw .malformed(.statusLine) }
    self.reason = String(decoding: reason, as: UTF8.self)
  }
}
