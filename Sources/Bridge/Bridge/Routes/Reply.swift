import HTTPServer
import JSON

extension HTTPResponse {
  /// JSON that may be cached by its ETag, or is never stored.
  enum Caching {
    /// The ETag is a hash of the exact bytes.
    case revalidate
    case noStore
  }

  /// `application/json`.
  static func json(
    _ body: [UInt8], status: Int = 200, caching: Caching = .noStore,
    contentType: String = "application/json; charset=utf-8"
  ) -> HTTPResponse {
    var response = HTTPResponse(status: status, headers: ["Content-Type": contentType], body: body)
    response.cache(caching)
    return response
  }

  mutating func cache(_ caching: Caching) {
    switch caching {
    case .noStore:
      headers.append(name: "Cache-Control", value: "no-store")
    case .revalidate:
      headers.append(name: "Cache-Control", value: "no-cache")
      headers.append(name: "ETag", value: EntityTag(of: body).text)
    }
  }

  /// RFC 9457. The detail says what the client can do about it.
  static func problem(
    _ status: Int, _ title: String, _ detail: String, headers: HTTPHeaders = [:],
    _ extra: ((inout JSONWriter) -> Void)? = nil
  ) -> HTTPResponse {
    let body = JSONWriter.document { json in
      json.object { json in
        json.field("type", "about:blank")
        json.field("title", title)
        json.field("status", status)
        json.field("detail", detail)
        extra?(&json)
      }
    }
    var response = HTTPResponse.json(
      body, status: status, contentType: "application/problem+json")
    for field in headers.fields { response.headers.append(name: field.name, value: field.value) }
    return response
  }

  static func badParameter(_ name: String, _ allowed: String) -> HTTPResponse {
    problem(400, "Bad Request", "The parameter \(name) must be \(allowed).")
  }

  static func unknownSource(_ kind: String) -> HTTPResponse {
    problem(404, "Not Found", "There is no \(kind) of this name; /api/v1/status lists them.")
  }
}
