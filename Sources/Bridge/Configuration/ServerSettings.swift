/// `[server]`: where and to whom the bridge answers.
package struct ServerSettings: Sendable, Equatable {
  /// What a request beyond loopback needs.
  package enum Access: String, Sendable {
    /// A token.
    case token
    /// Nothing: whoever can reach the bridge may read and steer it.
    case open
  }

  package var listen = ListenAddress(host: "127.0.0.1", port: 2121)
  /// The page's folder. Where this default does not exist, the one installed beside the binary is used.
  package var publicDirectory = ServerSettings.defaultPublicDirectory
  /// The prefix under which a proxy serves the bridge: empty, or `/` and more without a `/` at the end.
  package var basePath = ""
  /// Further names that may stand in `Host`, in lower case, without a port.
  package var allowedHosts: [String] = []
  /// Origins that may read from a browser, in the spelling of the `Origin` header.
  package var allowedOrigins: [String] = []
  package var access = Access.token
  /// Required everywhere once there is one.
  package internal(set) var accessToken: Secret?
  /// Whether `?access_token=` is accepted on the event stream.
  package var allowsQueryToken = false
  /// 1 to 1 000 000.
  package var maximumSubscribers = 10_000
  /// Connections at a time from one address; 0 to 1 000 000, and 0 is no limit: behind a proxy all have one address.
  package var maximumConnectionsPerAddress = 0
  /// An idle event stream gets a comment this often.
  package var heartbeatInterval = Duration.seconds(15)

  var accessTokenSource: SecretSource?

  package static let defaultPublicDirectory = "public"

  package init() {}
}

extension ServerSettings {
  static let accessTokenKeys = (inline: "access_token", file: "access_token_file")

  static let table: [Setting<ServerSettings>] = [
    .parsed(
      "listen", \.listen, allowed: "host:port, such as 127.0.0.1:2121 or [::1]:2121",
      parse: { ListenAddress($0) }, show: { $0.description }),
    .path("public_dir", \.publicDirectory),
    .parsed(
      "base_path", \.basePath, allowed: "empty or a path that begins with /",
      parse: basePath, show: \.self),
    .list(
      "allowed_hosts", \.allowedHosts, of: "host names without a port",
      parse: { hostName($0) }),
    .list(
      "allowed_origins", \.allowedOrigins,
      of: "origins such as https://example.com, without a path; * is not one",
      parse: origin),
    .parsed(
      "access", \.access, allowed: #""token" or "open""#,
      parse: { Access(rawValue: $0) }, show: \.rawValue),
    .secret(accessTokenKeys.inline, \.accessTokenSource, .accessToken),
    .secretFile(accessTokenKeys.file, \.accessTokenSource),
    .flag("allow_query_token", \.allowsQueryToken),
    .integer("max_subscribers", \.maximumSubscribers, in: 1...1_000_000),
    .integer(
      "max_connections_per_address", \.maximumConnectionsPerAddress, in: 0...1_000_000),
    .milliseconds("heartbeat_ms", \.heartbeatInterval, in: 1...oneDayInMilliseconds),
  ]

  @Sendable private static func basePath(_ text: String) -> String? {
    var path = text[...]
    while path.hasSuffix("/") { path.removeLast() }
    guard !path.isEmpty else { return text.isEmpty || text == "/" ? "" : nil }
    guard let url = UpstreamURL("http://localhost\(path)"), url.prefix == path,
      !path.contains("//")
    else { return nil }
    return url.prefix
  }

  private static func hostName(_ text: String) -> String? {
    guard let address = HostAndPort(text), address.port == nil else { return nil }
    return address.host
  }

  @Sendable private static func origin(_ text: String) -> String? {
    guard let url = UpstreamURL(text), url.prefix.isEmpty, !text.hasSuffix("/") else { return nil }
    return url.origin
  }
}

/// The longest time that any key takes.
let oneDayInMilliseconds = 86_400_000
