import HTTPServer

/// The cookie that stands for the token in a browser (RFC 6265).
enum SessionCookie {
  static let name = "walletwire_session"

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

  /// The values of the cookie in a request, all that its header holds: a browser may send several,
  /// from other paths or from another bridge on another port of this host, and any program on it
  /// can put some in front of the right one.
  static func values(in request: HTTPRequest) -> [String] {
    let prefix = "\(name)="
    return request.headers.values(for: "Cookie").flatMap { $0.split(separator: ";") }
      .compactMap { pair in
        let pair = pair.drop { $0 == " " || $0 == "\t" }
        guard pair.utf8.starts(with: prefix.utf8) else { return nil }
        return String(pair.utf8.dropFirst(prefix.utf8.count))
      }
  }
}
