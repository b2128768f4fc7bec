/// What people paste where the address of a server belongs: a page of their wallet, a call of its
/// API, with the keys in it. Such a URL is refused, for a URL is shown and logged; what is left
/// without the key was probably meant.
struct PastedURL {
  /// What the URL is of. A mint has no keys, but its URL may have been copied from its wallet's
  /// page.
  enum Kind: Sendable {
    case wallet
    case mint
  }

  /// The address without user, key, query and fragment; nil where there is none to be made out.
  let meant: UpstreamURL?
  /// Whether it holds what looks like a key, wherever that stands.
  let holdsKey: Bool

  /// Takes a URL apart.
  ///
  /// - Parameters:
  ///   - text: as it was written, percent-encoded or not, in any case. Schemes of WebSockets count
  ///     too.
  ///   - keys: keys that are known, which must not occur. One of less than ``minimumKeyBytes`` may
  ///     be a word of the address and is not looked for.
  init(_ text: String, of kind: Kind, keys: [Secret] = []) {
    let keys = Self.comparable(keys)
    let parts = text.trimmingBlanks().split(separator: "://", maxSplits: 1).map(String.init)
    let schemes = ["http": "http", "https": "https", "ws": "http", "wss": "https"]
    guard parts.count == 2, let scheme = schemes[parts[0].lowercased()] else {
      meant = nil
      holdsKey = false
      return
    }
    let authority = parts[1].prefix { !"/?#\\".contains($0) }
    let path = parts[1][authority.endIndex...].prefix { !"?#".contains($0) }
    let host = String(
      authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
    let hasUser = host.count < authority.count
    let hostHoldsKey = Self.isLNbitsKey(host) || Self.isSecret(Self.decoded(host), .mint, keys)
    let isOfPage = Self.isSecret(Self.decoded(parts[1][path.endIndex...]), kind, keys)

    let segments = path.split(separator: "/").map(String.init)
    var clean = Self.clean(segments, kind, keys)
    // The last of a page's path is the page itself.
    if isOfPage, clean.count == segments.count, !path.hasSuffix("/") || clean.last == "wallet" {
      clean = clean.dropLast()
    }
    holdsKey = hasUser || hostHoldsKey || isOfPage || clean.count < segments.count
    let address = "\(scheme)://\(host)" + clean.map { "/\($0)" }.joined()
    meant = hostHoldsKey ? nil : UpstreamURL(address)
  }

  /// Goes behind "must be …": what is wrong with it, and what was probably meant.
  var hint: String {
    (holdsKey ? "; a key or a user has no place in it" : "")
      + (meant.map { "; probably meant: \($0)" } ?? "")
  }

  private static let minimumKeyBytes = 8
  /// The keys and ids of LNbits are UUIDs without dashes.
  private static let lnbitsKeyDigits = 32

  /// Whether a text is, as a whole, of the form of LNbits' keys.
  static func isLNbitsKey(_ text: some StringProtocol) -> Bool {
    text.utf8.count == lnbitsKeyDigits && text.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  /// Whether a key that is known occurs in a text.
  static func holdsAny(of keys: [Secret], _ text: String) -> Bool {
    let text = decoded(text)
    return comparable(keys).contains { text.contains($0) }
  }

  private static func comparable(_ keys: [Secret]) -> [String] {
    keys.map { $0.revealed.lowercased() }.filter { $0.utf8.count >= minimumKeyBytes }
  }

  /// The segments of the path up to the first that belongs to an API, a page with keys, or is a
  /// key.
  private static func clean(_ segments: [String], _ kind: Kind, _ keys: [String]) -> [String] {
    var before = ""
    for (index, segment) in segments.enumerated() {
      let parts = parts(of: segment)
      let rest = parts + segments[(index + 1)...].flatMap(Self.parts)
      // The mints of LNbits' extension have an address below its API; the id in it is public.
      let isMint = kind == .mint && before == "cashu"
      let isAPI = parts.indices.contains { rest.dropFirst($0).starts(with: ["api", "v1"]) }
      let holdsKey = parts.contains { isSecret($0, kind, keys) }
      let isPage =
        parts.last == "wallet" && rest.dropFirst(parts.count).contains { isSecret($0, kind, keys) }
      if isAPI && !isMint || holdsKey || isPage { return Array(segments[..<index]) }
      before = parts.last ?? before
    }
    return segments
  }

  /// An encoded slash is one to some servers.
  private static func parts(of segment: String) -> [String] {
    decoded(segment).split(separator: "/").map(String.init).filter { $0 != "." }
  }

  private static func isSecret(_ part: String, _ kind: Kind, _ keys: [String]) -> Bool {
    part.contains("usr=") || part.contains("wal=") || keys.contains { part.contains($0) }
      || kind == .wallet && isLNbitsKey(part)
  }

  /// Without percent-encoding, however often it was applied, in lower case.
  private static func decoded(_ text: some StringProtocol) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<maximumEncodings {
      guard let position = bytes.firstIndex(of: UInt8(ascii: "%")) else { break }
      var result = Array(bytes[..<position])
      var rest = bytes[position...]
      while let byte = rest.popFirst() {
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
          result.append(value)
          rest = rest.dropFirst(2)
        } else {
          result.append(byte)
        }
      }
      bytes = result
    }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  private static let maximumEncodings = 4
}
