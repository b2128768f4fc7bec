import HTTPServer

/// The cookie that stands for the token in a browser (RFC 6265).
enum SessionCookie {
  static let name = "walletwire_session"

  /// Cookies of this name that are looked at. A browser may send several, from other paths or from another bridge
  /// on another port of this host.
  private static let maximumValues = 8

  /// `Set-Cookie` for a session. It lasts as long as the browser runs.
  static func setting(_ identifier: String, path: String, isSecure: Bool) -> String {
    "\(name)=\(identifier); \(attributes(path: path, isSecure: isSecure))"
  }

  /// `Set-Cookie` that makes the browser forget it.
  static func removal(path: String, isSecure: Bool) -> String {
    "\(name)=; Max-Age=0; \(attributes(path: path, isSecure: isSecure))"
  }

  private static func attributes(path: String, isSecure: Bool) -> String {
    "HttpOnly; SameSite=Strict; Path=\(path)" + (isSecure ? "; Secure" : "")
  }

  /// The values of the cookie in a request.
  static func values(in request: HTTPRequest) -> [String] {
    let pairs = request.headers.values(for: "Cookie").flatMap { $0.split(separator: ";") }
    return pairs.lazy.compactMap { pair -> String? in
      let pair = pair.drop { $0 == " " || $0 == "\t" }
      guard pair.hasPrefix("\(name)=") else { return nil }
      return String(pair.dropFirst(name.count + 1))
    }.prefix(maximumValues).map { $0 }
  }
}
