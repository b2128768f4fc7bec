package import BridgeModel
package import Transport

/// `[upstream]`: how a source is connected to. Every wallet and mint has its own copy, in which its
/// own keys stand before those of the section.
package struct UpstreamSettings: Sendable, Equatable {
  package var isEnabled = true
  /// False: no socket, only reconciles.
  package var usesWebSocket = true
  package var reconnect = ReconnectPolicy()
  /// Between two pings.
  package var heartbeatInterval = Duration.seconds(30)
  /// How long a pong may take.
  package var heartbeatTimeout = Duration.seconds(10)
  /// How long an answer over REST may take.
  package var requestTimeout = Duration.seconds(30)
  /// Ask the wallet this often even when the socket is quiet.
  package var reconcileInterval = Duration.seconds(60)
  /// For each origin and path, over all its wallets; 1 to 100 000.
  package var requestsPerMinute = 150
  /// Hold no upstream socket while nobody subscribes.
  package var pausesWhenUnwatched = false
  /// The longest message accepted, 128 bytes to 1 GiB.
  package var maximumMessageBytes = 16 * 1024 * 1024
  /// A file with further trusted certificate authorities; empty for none.
  package var certificateAuthorityFile = ""
  /// What that file held when the configuration was loaded.
  package internal(set) var trusted: TrustedCertificates?
  package var proxy: ProxyAddress?

  package init() {}
}

extension UpstreamSettings {
  static let table: [Setting<UpstreamSettings>] = [
    .flag("enabled", \.isEnabled),
    .flag("websocket", \.usesWebSocket),
    .milliseconds("reconnect_delay_ms", \.reconnect.delay, in: 1...oneDayInMilliseconds),
    .milliseconds("max_reconnect_delay_ms", \.reconnect.maximumDelay, in: 1...oneDayInMilliseconds),
    .integer("max_reconnect_attempts", \.reconnect.maximumAttempts, in: 0...1_000_000),
    .milliseconds("failed_retry_ms", \.reconnect.failedRetry, in: 0...oneDayInMilliseconds),
    .milliseconds(
      "server_error_delay_ms", \.reconnect.serverErrorDelay, in: 1...oneDayInMilliseconds),
    .milliseconds("heartbeat_ms", \.heartbeatInterval, in: 1...oneDayInMilliseconds),
    .milliseconds("heartbeat_timeout_ms", \.heartbeatTimeout, in: 1...oneDayInMilliseconds),
    .milliseconds("request_timeout_ms", \.requestTimeout, in: 1...oneDayInMilliseconds),
    .milliseconds("reconcile_ms", \.reconcileInterval, in: 1...oneDayInMilliseconds),
    .integer("requests_per_minute", \.requestsPerMinute, in: 1...100_000),
    .flag("pause_when_unwatched", \.pausesWhenUnwatched),
    .integer("max_message_bytes", \.maximumMessageBytes, in: 128...(1024 * 1024 * 1024)),
    .path("ca_file", \.certificateAuthorityFile),
    .parsed(
      "proxy", \.proxy, allowed: #"empty or a proxy such as "socks5h://127.0.0.1:9050""#,
      parse: { $0.isEmpty ? .some(nil) : ProxyAddress($0).map(Optional.some) },
      show: { $0?.description ?? "" }, hint: ProxyAddress.hint),
  ]
}
