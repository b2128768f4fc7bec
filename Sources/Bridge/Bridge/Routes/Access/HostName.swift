import Glibc
import HTTPServer

/// A host as it is compared: what may stand in `Host`, in an `Origin`, and in the lists of the
/// configuration.
enum HostName {
  /// Its one spelling: a name in lower case and without the dot that ends an absolute one (RFC
  /// 1034, section 3.1), an IPv6 address in the form of RFC 5952, without brackets.
  ///
  /// - Parameter host: Without a port and brackets.
  static func canonical(_ host: String) -> String {
    if host.utf8.contains(UInt8(ascii: ":")) { return HTTPEndpoint(host: host, port: 0).host }
    let name = host.lowercased()
    return name.utf8.last == UInt8(ascii: ".") ? String(name.dropLast()) : name
  }

  /// An entry of `allowed_hosts` in its one spelling; nil for what can never stand in `Host`: what
  /// bears a scheme, a port, a path or a wildcard, what has an empty label, and numbers that are no
  /// address.
  static func listed(_ text: String) -> String? {
    if IPAddress.bytes(of: text, family: AF_INET6, count: 16) != nil { return canonical(text) }
    guard let authority = HostAndPort(text), authority.port == nil else { return nil }
    let host = canonical(authority.host)
    return isAddress(host) || isName(host) ? host : nil
  }

  static func isAddress(_ host: String) -> Bool {
    IPAddress.bytes(of: host, family: AF_INET, count: 4) != nil
      || IPAddress.bytes(of: host, family: AF_INET6, count: 16) != nil
  }

  /// A label of a name has 1 to 63 bytes (RFC 1035, section 2.3.4). What ends in a number is an
  /// IPv4 address or nothing (WHATWG URL, section 3.5): a browser never sends another.
  private static func isName(_ host: String) -> Bool {
    let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { (1...63).contains($0.count) }
      && labels.last?.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) == false
  }
}

/// An origin as it is compared (RFC 6454): what `Origin` bears, and what `allowed_origins` and
/// `allowed_frames` list.
struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
  let scheme: UpstreamURL.Scheme
  /// In its one spelling.
  let host: String
  let port: UInt16

  /// As it stands in `Origin`; nil for anything else, `null` and a path among it.
  init?(_ text: String) {
    guard let url = UpstreamURL(text), url.prefix.isEmpty, text.utf8.last != UInt8(ascii: "/"),
      let host = HostName.listed(url.host)
    else { return nil }
    scheme = url.scheme
    self.host = host
    port = url.port
  }

  /// Whether a page of this origin came from the server that a request's `Host` names.
  func isServed(by host: HostAndPort) -> Bool {
    self.host == HostName.canonical(host.host) && port == host.port ?? scheme.defaultPort
  }

  var description: String {
    let port = port == scheme.defaultPort ? nil : port
    return "\(scheme.rawValue)://\(HostAndPort.text(host: host, port: port))"
  }
}
