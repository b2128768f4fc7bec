import HTTPServer
import Transport

/// The configured token. Only its hash is kept, so that comparing tells nothing of its length
/// either.
struct AccessToken: Sendable {
  private let digest: [UInt8]

  init(_ secret: Secret) {
    digest = Cryptography.sha256(Array(secret.revealed.utf8))
  }

  /// In constant time.
  func matches(_ given: String) -> Bool {
    Cryptography.constantTimeEqual(Cryptography.sha256(Array(given.utf8)), digest)
  }

  /// The credentials of `Authorization: Bearer` (RFC 6750 section 2.1).
  static func bearer(of request: HTTPRequest) -> String? {
    guard let field = request.headers["Authorization"] else { return nil }
    let scheme = field.prefix { $0 != " " }
    guard scheme.lowercased() == "bearer" else { return nil }
    return String(field[scheme.endIndex...].drop { $0 == " " })
  }
}
