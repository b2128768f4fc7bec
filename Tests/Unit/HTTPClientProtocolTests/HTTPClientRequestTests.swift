import HTTPClientProtocol
import Testing

@Suite("RFC 9112 §3: requests")
struct HTTPClientRequestTests {
  private func encode(
    _ method: HTTPMethod = .get, target: String = "/", host: String = "example.com",
    headers: HTTPHeaders = [:], body: [UInt8] = []
  ) throws -> String {
    let request = try HTTPClientRequest(
      method: method, target: target, host: host, headers: headers, body: body)
    return String(decoding: request.encoded(), as: UTF8.self)
  }

  @Test("Host comes first, then the caller's fields in their order")
  func encodesGet() throws {
    let text = try encode(
      target: "/lnbits/api/v1/wallet?x=%0D", host: "[::1]:5000",
      headers: ["X-Api-Key": "k", "Accept": "application/json"])
    #expect(
      text == "GET /lnbits/api/v1/wallet?x=%0D HTTP/1.1\r\nHost: [::1]:5000\r\n"
        + "X-Api-Key: k\r\nAccept: application/json\r\n\r\n")
  }

  @Test("A body is announced with its length")
  func encodesBody() throws {
    let text = try encode(.post, target: "/v1/checkstate", body: Array("{}".utf8))
    #expect(text.hasSuffix("\r\nContent-Length: 2\r\n\r\n{}"))
  }

  @Test("No body is announced where one is expected", arguments: HTTPMethod.allCases)
  func announcesNoBody(_ method: HTTPMethod) throws {
    let expected = [HTTPMethod.post, .put, .patch].contains(method)
    #expect(try encode(method).contains("Content-Length: 0\r\n") == expected)
  }

  static let injections = ["\r", "\n", "\r\n", "\0", "\u{7F}", "\u{1B}", "x\r\nX: y"]

  @Test("A control character is refused in every part", arguments: injections)
  func refusesInjection(_ injection: String) {
    #expect(throws: HTTPRequestError.invalidTarget) { try encode(target: "/a\(injection)") }
    #expect(throws: HTTPRequestError.invalidHost) { try encode(host: "a\(injection)") }
    #expect(throws: HTTPRequestError.invalidHeaderName) {
      try encode(headers: ["A\(injection)": "b"])
    }
    #expect(throws: HTTPRequestError.invalidHeaderValue(name: "A")) {
      try encode(headers: ["A": "b\(injection)c"])
    }
    #expect(throws: HTTPRequestError.invalidHeaderValue(name: "A")) {
      try encode(headers: ["A": "b\(injection)"])
    }
  }

  @Test(
    "Only an absolute path in visible ASCII is a target",
    arguments: ["", "x", "http://a/", "*", "/a b", "/a#b", "/é", "/a\tb"])
  func refusesTarget(_ target: String) {
    #expect(throws: HTTPRequestError.invalidTarget) { try encode(target: target) }
  }

  @Test(
    "A host is a host and nothing around it",
    arguments: ["", "a/b", "user@a", "a b", "a?b", "a#b", "é.example", #"a\b"#, "a,b"])
  func refusesHost(_ host: String) {
    #expect(throws: HTTPRequestError.invalidHost) { try encode(host: host) }
  }

  @Test("A field name is a token", arguments: ["", "A B", "A:", "Ä", "A\t", "(A)"])
  func refusesName(_ name: String) {
    #expect(throws: HTTPRequestError.invalidHeaderName) { try encode(headers: [name: "b"]) }
  }

  @Test("A value has no blanks at its ends", arguments: [" b", "b ", "\tb", " "])
  func refusesPadding(_ value: String) {
    #expect(throws: HTTPRequestError.invalidHeaderValue(name: "A")) {
      try encode(headers: ["A": value])
    }
  }

  @Test(
    "The framing belongs to the encoder",
    arguments: ["host", "CONTENT-LENGTH", "Transfer-Encoding"])
  func refusesFraming(_ name: String) {
    #expect(throws: HTTPRequestError.reservedHeader(name: name)) {
      try encode(headers: [name: "1"])
    }
  }

  @Test("An error about a value does not repeat it")
  func keepsSecrets() {
    #expect {
      try encode(headers: ["X-Api-Key": "s3cr3t\n"])
    } throws: {
      !String(reflecting: $0).contains("s3cr3t")
    }
  }
}
