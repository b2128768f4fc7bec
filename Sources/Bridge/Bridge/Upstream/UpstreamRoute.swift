import Transport

/// The way to an origin: how its connections are made. Everything that goes there shares it.
struct UpstreamRoute: Sendable {
  /// What makes two sources share one way, and one rate limit.
  struct Key: Hashable, Sendable {
    let url: UpstreamURL
    let trusted: TrustedCertificates?
    let proxy: ProxyAddress?

    init(url: UpstreamURL, upstream: UpstreamSettings) {
      self.url = url
      trusted = upstream.trusted
      proxy = upstream.proxy
    }
  }

  let url: UpstreamURL
  private let tls: TLSContext?
  private let proxy: SOCKSProxy?

  /// - Throws: when OpenSSL cannot use the certificates that are to be trusted.
  init(_ key: Key) throws(TransportError) {
    url = key.url
    tls = url.scheme == .https ? try TLSContext(trusting: key.trusted) : nil
    proxy = key.proxy.map { SOCKSProxy(endpoint: Endpoint(host: $0.host, port: $0.port)) }
  }

  var endpoint: Endpoint { Endpoint(host: url.host, port: url.port) }

  /// - Parameter timeout: no step takes longer than this.
  func options(timeout: Duration) -> ConnectionOptions {
    var options = ConnectionOptions(tls: tls, proxy: proxy)
    options.deadlines.resolve = min(options.deadlines.resolve, timeout)
    options.deadlines.connect = min(options.deadlines.connect, timeout)
    options.deadlines.proxy = min(options.deadlines.proxy, timeout)
    options.deadlines.tls = min(options.deadlines.tls, timeout)
    return options
  }
}
