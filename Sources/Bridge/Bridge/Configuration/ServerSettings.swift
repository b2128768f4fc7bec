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
  /// The page's folder. Where this default does not exist, the one installed beside the binary is
  /// used.
  package var publicDirectory = ServerSettings.defaultPublicDirectory
  /// The prefix under which a proxy serves the bridge: empty, or `/` and more without a `/` at the
  /// end.
  package var basePath = ""
  /// Further names that may stand in `Host`, in their one spelling (`HostName`).
  package var allowedHosts: [String] = []
  /// Origins that may read from a browser, in the spelling of the `Origin` header.
  package var allowedOrigins: [String] = []
  /// Origins whose pages may show ours in a frame.
  package var allowedFrames: [String] = []
  package var access = Access.token
  /// Required everywhere once there is one.
  package internal(set) var accessToken: Secret?
  /// Whether `?access_token=` is accepted on the event stream.
  package var allowsQueryToken = false
  /// 1 to 1 000 000.
  package var maximumSubscribers = 10_000
  /// Connections at a time from one address; 0 to 1 000 000, and 0 is no limit: behind a proxy all
  /// have one address.
  package var maximumConnectionsPerAddress = 0
  /// An idle event stream gets a comment this often.
  package var heartbeatInterval = Duration.seconds(15)

  var accessTokenSource: SecretSource?

  package static let defaultPublicDirectory = "public"

  package init() {}

  /// Whether others than this machine could read and steer the bridge, without a token, and nobody
  /// has asked for it.
  var isExposed: Bool { !listen.isLoopback && access != .open && accessToken == nil }

  /// What a reload brings into force: these settings, and of what the running bridge was built with
  /// the running ones.
  ///
  /// - Returns: also the keys whose new values wait for the next start.
  func reloaded(over running: ServerSettings) -> (settings: ServerSettings, waiting: [String]) {
    var settings = self
    settings.listen = running.listen
    settings.publicDirectory = running.publicDirectory
    settings.basePath = running.basePath
    settings.maximumSubscribers = running.maximumSubscribers
    settings.maximumConnectionsPerAddress = running.maximumConnectionsPerAddress
    settings.heartbeatInterval = running.heartbeatInterval
    let waiting = Self.table.filter { $0.show(self).text != $0.show(settings).text }
    return (settings, waiting.map(\.key))
  }

  /// Whether other requests or streams would be let in than by these.
  func admitsOthers(than other: ServerSettings) -> Bool {
    accessToken != other.accessToken || allowedHosts != other.allowedHosts
      || allowedOrigins != other.allowedOrigins || allowsQueryToken != other.allowsQueryToken
  }
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
      "allowed_hosts", \.allowedHosts,
      of: "host names or addresses alone, such as umbrel.local: no scheme, port, path or *",
      parse: HostName.listed),
    .list("allowed_origins", \.allowedOrigins, of: originsAllowed, parse: origin),
    .list("allowed_frames", \.allowedFrames, of: originsAllowed, parse: origin),
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

  private static let originsAllowed =
    "origins such as https://example.com, without a path; * is not one"

  @Sendable private static func origin(_ text: String) -> String? {
    WebOrigin(text)?.description
  }
}

/// The longest time that any key takes.
let oneDayInMilliseconds = 86_400_000
