/// What microhttpd hands over of a request before its body.
struct RequestHead: Sendable {
  var method: String
  /// How long the target is; its bytes were there before. If they are fewer, a NUL has cut them.
  var targetBytes: Int
  var version: String
  var headers: HTTPHeaders
  /// How long the head is, from the method to the empty line.
  var bytes: Int
  /// What of the connection's memory is taken by now.
  var usedMemoryBytes: Int
  /// Whether the lines of the header, ended by CRLF, follow each other without a gap and are all
  /// that there is. What makes the difference is read wrongly by microhttpd 0.9.75: a line
  /// continued on the next is added to the field's name, a NUL hides the rest of its line, and a
  /// line without a name ends the header.
  var isContiguous: Bool
}

/// What a request must fulfil beyond what microhttpd checks (RFC 9112, sections 3, 5 and 6).
///
/// microhttpd 0.9.75 takes HTTP/1.1 without `Host`, several `Host` or `Content-Length` fields,
/// `Content-Length` beside `Transfer-Encoding`, unknown transfer codings, and names with a space
/// before the colon. Behind a proxy each of them lets a request be read in two ways.
struct RequestRules {
  /// What must be left of the connection's memory for the head of the response.
  static let responseHeadBytes = 1536

  let maximumHeadBytes: Int
  let maximumBodyBytes: Int
  let connectionMemoryBytes: Int

  /// - Returns: The target, and the length of the body where the client tells it.
  /// - Throws: The first rule that is broken.
  func check(
    _ head: RequestHead, target: [UInt8]
  ) throws(HTTPRefusal) -> (target: RequestTarget, bodyBytes: Int?) {
    guard !head.method.isEmpty, head.method.utf8.allSatisfy(\.isTokenCharacter) else {
      throw .badRequest("The method must be a token.")
    }
    guard target.count == head.targetBytes else {
      throw .badRequest("The request target holds a character that a URL can't.")
    }
    try checkFields(head)
    try checkHost(head)
    let bodyBytes = try checkFraming(head)
    guard head.bytes <= maximumHeadBytes,
      head.usedMemoryBytes + Self.responseHeadBytes <= connectionMemoryBytes
    else {
      throw .headerTooLarge
    }
    return (try RequestTarget(target), bodyBytes)
  }

  /// RFC 9112, section 5.
  private func checkFields(_ head: RequestHead) throws(HTTPRefusal) {
    for field in head.headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenCharacter) else {
        throw .badRequest("The name of a header field must be a token, followed by a colon.")
      }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw .badRequest("A header field must not hold control characters.")
      }
    }
    guard head.isContiguous else {
      throw .badRequest("A header field is one line: a name, a colon, a value without NUL, CRLF.")
    }
  }

  /// RFC 9112, section 3.2.
  private func checkHost(_ head: RequestHead) throws(HTTPRefusal) {
    let count = head.headers.values(for: "Host").count
    guard count == 1 || count == 0 && head.version == "HTTP/1.0" else {
      throw .badRequest("A request has exactly one Host field.")
    }
  }

  /// RFC 9112, section 6. One way to tell the body's length, and one only.
  private func checkFraming(_ head: RequestHead) throws(HTTPRefusal) -> Int? {
    let codings = head.headers.values(for: "Transfer-Encoding")
    let lengths = head.headers.values(for: "Content-Length")
    guard codings.count + lengths.count <= 1 else {
      throw .badRequest("The body has one length: send either Content-Length or chunks.")
    }
    if let coding = codings.first {
      guard head.version != "HTTP/1.0" else {
        throw .badRequest("HTTP/1.0 knows no transfer codings.")
      }
      guard coding.isEqualIgnoringASCIICase(to: "chunked") else { throw .unknownTransferCoding }
      return nil
    }
    guard let length = lengths.first else { return 0 }
    guard !length.isEmpty, length.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    else { throw .notANumber }
    guard let bytes = Int(length), bytes <= maximumBodyBytes else {
      throw .contentTooLarge(limit: maximumBodyBytes)
    }
    return bytes
  }
}

extension UInt8 {
  /// RFC 9110, section 5.6.2.
  fileprivate var isTokenCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default:
      "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }
}
