/// The address of an upstream server: `http` or `https`, a host, perhaps a port and a path prefix.
/// User information, a query and a fragment have no place in it.
package struct UpstreamURL: Sendable, Hashable {
  package enum Scheme: String, Sendable {
    case http
    case https

    package var defaultPort: UInt16 { self == .https ? 443 : 80 }
  }

  package static let allowed =
    "an http:// or https:// URL, with a path prefix if need be, without user, query and fragment"

  package let scheme: Scheme
  /// A name in lower case or an address; an IPv6 address without its brackets.
  package let host: String
  /// 1 to 65535.
  package let port: UInt16
  /// Empty, or `/` and more without a `/` at the end. Goes before every path.
  package let prefix: String

  /// Reads a URL, or gives nil.
  package init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"),
      let scheme = Scheme(rawValue: text[..<colon].lowercased()),
      text[colon...].hasPrefix("://")
    else { return nil }
    let rest = text[colon...].dropFirst(3)
    let authority = rest.prefix { $0 != "/" }
    guard let address = HostAndPort(authority), address.port != 0 else { return nil }
    var path = rest[authority.endIndex...]
    while path.hasSuffix("/") { path.removeLast() }
    guard path.utf8.allSatisfy(Self.isPathByte) else { return nil }

    self.scheme = scheme
    host = address.host
    port = address.port ?? scheme.defaultPort
    prefix = String(path)
  }

  /// What a `Host` field says: the host, and the port where it is not the scheme's own.
  package var hostField: String {
    HostAndPort.text(host: host, port: port == scheme.defaultPort ? nil : port)
  }

  /// Scheme, host and port: what shares a rate limit, and a browser's notion of an origin.
  package var origin: String { "\(scheme.rawValue)://\(hostField)" }

  /// A byte of a path (RFC 3986 §3.3).
  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~!$&'()*+,;=:@%/".utf8.contains(byte)
    }
  }
}

extension UpstreamURL: CustomStringConvertible {
  /// The URL in its one spelling.
  package var description: String { origin + prefix }
}

/// A SOCKS5 proxy that also looks up names, as `.onion` needs: `socks5h://127.0.0.1:9050`.
package struct ProxyAddress: Sendable, Hashable {
  package let host: String
  package let port: UInt16

  /// Reads a proxy's URL, or gives nil.
  package init?(_ text: String) {
    let scheme = "socks5h://"
    guard text.hasPrefix(scheme), let address = HostAndPort(text.dropFirst(scheme.count)),
      let port = address.port, port > 0
    else { return nil }
    host = address.host
    self.port = port
  }

  /// What was probably meant by a text that is no such URL: another scheme of SOCKS, a user, a
  /// path.
  @Sendable static func hint(_ text: String) -> String {
    let parts = text.trimmingBlanks().split(separator: "://", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased().hasPrefix("socks") else { return "" }
    let authority = parts[1].prefix { !"/?#".contains($0) }
    let address = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let user = authority.contains("@") ? "; a user and a password have no place in it" : ""
    return user + (ProxyAddress("socks5h://\(address)").map { "; probably meant: \($0)" } ?? "")
  }
}

extension ProxyAddress: CustomStringConvertible {
  package var description: String { "socks5h://" + HostAndPort.text(host: host, port: port) }
}
