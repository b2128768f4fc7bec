import BridgeModel
import EventLoop
import HTTPServer
import JSON
import Transport

/// `POST` and `DELETE /api/v1/session`: the token for a cookie, so that a page need not keep the
/// token.
extension Bridge {
  // MARK: Admission

  func admission(of request: HTTPRequest, to route: Route) -> AccessPolicy.Admission {
    access.admission(of: request, to: route) { [sessions, now = clock.now().uptime] identifier in
      sessions.contains(identifier, at: now)
    }
  }

  /// The answer to who may not come in. A wrong token counts as a guess, by whichever way it comes.
  func refusal(of admission: AccessPolicy.Admission) -> HTTPResponse? {
    switch admission {
    case .open, .token, .session: nil
    case .nothing: .unauthorized("Send the access token: Authorization: Bearer TOKEN")
    case .guess: refuseGuess()
    }
  }

  private func refuseGuess() -> HTTPResponse {
    guard let delay = guesses.delayAfterMistake(at: clock.now().uptime) else {
      return .unauthorized("That is not the access token.")
    }
    return .problem(
      429, "Too Many Requests", "That is not the access token, and there were many wrong ones.",
      headers: ["Retry-After": String(delay.components.seconds + 1)])
  }

  // MARK: Sessions

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
    guard token.matches(given) else { return refuseGuess() }
    let identifier = sessions.open(
      random: Cryptography.randomBytes(SessionTable.identifierBytes), at: now)
    sessionsChanged()
    var response = Self.noContent
    response.headers.append(
      name: "Set-Cookie",
      value: SessionCookie.setting(
        identifier, path: cookiePath, isSecure: Self.isSecure(request)))
    return response
  }

  private func closeSession(_ request: HTTPRequest) -> HTTPResponse {
    for identifier in SessionCookie.values(in: request) { sessions.close(identifier) }
    sessionsChanged()
    var response = Self.noContent
    response.headers.append(
      name: "Set-Cookie",
      value: SessionCookie.removal(path: cookiePath, isSecure: Self.isSecure(request)))
    return response
  }

  /// Ends the streams of sessions that are over, and sees to it that the next one ends in time.
  func sessionsChanged() {
    hub?.end(sessions.takeEndedStreams())
    if let timer = sessionTimer { loop.cancel(timer) }
    sessionTimer = nil
    guard let expiry = sessions.nextExpiry else { return }
    sessionTimer = loop.schedule(after: max(.zero, expiry - clock.now().uptime)) { [weak self] in
      self?.assumeIsolated { bridge in
        bridge.sessionTimer = nil
        bridge.sessions.expire(at: bridge.clock.now().uptime)
        bridge.sessionsChanged()
      }
    }
  }

  private static let noContent = HTTPResponse(
    status: 204, headers: ["Cache-Control": "no-store"])

  private var cookiePath: String {
    let prefix = configuration.server.basePath
    return prefix.isEmpty ? "/" : prefix
  }

  /// Whether the browser spoke TLS to the proxy in front. Whoever could lie about it has the token
  /// anyway.
  private static func isSecure(_ request: HTTPRequest) -> Bool {
    request.headers["X-Forwarded-Proto"]?.lowercased() == "https"
  }
}
