import Glibc

/// Where the bridge listens: a host and a port, written `127.0.0.1:2121`, `[::1]:2121` or
/// `localhost:2121`.
package struct ListenAddress: Sendable, Equatable {
  /// A name in lower case, or an address; an IPv6 address stands without its brackets.
  package let host: String
  /// 0 picks a free one.
  package let port: UInt16

  /// Reads an address, or gives nil. The host must be there: an empty one would mean every
  /// interface, which is nothing to happen by omission.
  package init?(_ text: String) {
    guard let authority = HostAndPort(text), let port = authority.port else { return nil }
    host = authority.host
    self.port = port
  }

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Whether only this machine can reach it. A name other than `localhost` is not looked up, and
  /// counts as reachable from elsewhere.
  package var isLoopback: Bool {
    if host == "localhost" || host.hasSuffix(".localhost") { return true }
    if let bytes = IPAddress.bytes(of: host, family: AF_INET, count: 4) { return bytes[0] == 127 }
    guard let bytes = IPAddress.bytes(of: host, family: AF_INET6, count: 16) else { return false }
    let isMappedIPv4 = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
    return bytes == [UInt8](repeating: 0, count: 15) + [1] || (isMappedIPv4 && bytes[12] == 127)
  }
}

extension ListenAddress: CustomStringConvertible {
  package var description: String { HostAndPort.text(host: host, port: port) }
}

/// The `host:port` of an address or a URL (RFC 3986 §3.2), without user information.
struct HostAndPort: Equatable {
  /// In lower case; an IPv6 address without its brackets.
  let host: String
  let port: UInt16?

  init?(_ text: some StringProtocol) {
    let host: Substring
    let rest: Substring
    let text = Substring(text)
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard IPAddress.bytes(of: host, family: AF_INET6, count: 16) != nil else { return nil }
    } else {
      host = text.prefix { $0 != ":" }
      rest = text[host.endIndex...]
      guard Self.isName(host) else { return nil }
    }
    guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
    let digits = rest.dropFirst()
    guard rest.isEmpty || (!digits.isEmpty && digits.utf8.allSatisfy({ (48...57).contains($0) }))
    else { return nil }
    let port = rest.isEmpty ? nil : UInt16(digits)
    guard rest.isEmpty || port != nil else { return nil }
    self.host = host.lowercased()
    self.port = port
  }

  static func text(host: String, port: UInt16?) -> String {
    let host = host.contains(":") ? "[\(host)]" : host
    return port.map { "\(host):\($0)" } ?? host
  }

  /// A DNS name or an IPv4 address in ASCII; an international name is written in its `xn--` form.
  static func isName(_ host: some StringProtocol) -> Bool {
    (1...253).contains(host.utf8.count)
      && host.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}

enum IPAddress {
  /// The bytes of a literal address, or nil. The C function is `inet_pton`.
  static func bytes(of text: some StringProtocol, family: CInt, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, String(text), &bytes) == 1 ? bytes : nil
  }
}
