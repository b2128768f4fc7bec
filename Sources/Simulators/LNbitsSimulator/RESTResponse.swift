/// What the simulated server answers.
package struct RESTResponse: Sendable, Hashable {
  package struct Header: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  package var status: Int
  package var headers: [Header]
  package var body: [UInt8]
  /// How long the answer is held back.
  package var delay: Duration = .zero

  package init(status: Int, headers: [Header], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package init(_ json: JSONValue, status: Int = 200) {
    self.init(
      status: status, headers: [Header(name: "content-type", value: "application/json")],
      body: Array(json.text().utf8))
  }

  /// FastAPI's way to say what is wrong.
  static func failure(_ status: Int, _ detail: String) -> RESTResponse {
    RESTResponse(["detail": .string(detail)], status: status)
  }

  static let notFound = failure(404, "Not Found")

  static func methodNotAllowed(allow: String) -> RESTResponse {
    var response = failure(405, "Method Not Allowed")
    response.headers.append(Header(name: "allow", value: allow))
    return response
  }

  /// What a reverse proxy says when the server behind it is gone: a page, not JSON.
  static let badGateway = RESTResponse(
    status: 502, headers: [Header(name: "content-type", value: "text/html")],
    body: Array(
      """
      <html><head><title>502 Bad Gateway</title></head>\
      <body><h1>502 Bad Gateway</h1></body></html>
      """.utf8))

  /// A refusal of a payment: 520, with LNbits' own word for what became of it.
  static func refusal(_ refusal: PaymentRefusal) -> RESTResponse {
    RESTResponse(["detail": .string(refusal.detail), "status": "failed"], status: 520)
  }
}
