/// The request methods that the bridge speaks (RFC 9110 §9.3).
///
/// A closed set, so that a method can never carry a byte that ends the request line.
package enum HTTPMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"

  /// Whether a request with this method and no content still says `Content-Length: 0`
  /// (RFC 9110 §8.6).
  var anticipatesContent: Bool {
    switch self {
    case .post, .put, .patch: true
    case .get, .head, .delete: false
    }
  }
}
