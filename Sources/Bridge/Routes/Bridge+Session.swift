import BridgeModel
import HTTPServer
import JSON
import Transport

/// `POST` and `DELETE /api/v1/session`: the token for a cookie, so that a page need not keep the token.
extension Bridge {
  func session(_ request: HTTPRequest) -> HTTPResponse {
    request.method == "DELETE" ? closeSession(request) : openSession(request)
  }

  /// Without a configured token there is nothing to prove: 204, and no cookie is needed.
  private func openSession(_ request: HTTPRequest) -> HTTPResponse {
    guard let token = access.token else { return Self.noContent }
    guard let given = JSONDocument(request.body)?.root["token"]?.string else {
      return .problem(400, "Bad Request", #"The body must be {"token": "..."}."#)
    }
    let now = clock.now().uptime
    guard token.matches(given) else { return refuseGuess(at: now) }
    let identifier = sessions.open(
      random: Cryptography.randomBytes(SessionTable.identifierBytes), at: now)
    var response = Self.noContent
    response.headers.append(
      name: "Set-Cookie",
      value: SessionCookie.setting(
        identifier, path: cookiePath, isSecure: Self.isSecure(request)))
    return response
  }

  private func refuseGuess(at now: Duration) -> HTTPResponse {
    guard let delay = guesses.delayAfterMistake(at: now) else {
      return .unauthorized("That is not the access token.")
    }
    return .problem(
      429, "Too Many Requests", "That is not the access token, and there were many wrong ones.",
      headers: ["Retry-After": String(delay.components.seconds + 1)])
  }

  private func closeSession(_ request: HTTPRequest) -> HTTPResponse {
    for identifier in SessionCookie.values(in: request) { sessions.close(identifier) }
    var response = Self.noContent
    response.headers.append(
      name: "Set-Cookie",
      value: SessionCookie.removal(path: cookiePath, isSecure: Self.isSecure(request)))
    return response
  }

  private static let noContent = HTTPResponse(
    status: 204, headers: ["Cache-Control": "no-store"])

  private var cookiePath: String {
    let prefix = configuration.server.basePath
    return prefix.isEmpty ? "/" : prefix
  }

  /// Whether the browser spoke TLS to the proxy in front. Whoever could lie about it has the token anyway.
  private static func isSecure(_ request: HTTPRequest) -> Bool {
    request.headers["X-Forwarded-Proto"]?.lowercased() == "https"
  }
}
