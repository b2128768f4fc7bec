/// Where a server listens, and its limits.
package struct HTTPServerConfiguration: Sendable {
  /// An IPv4 or IPv6 literal (brackets allowed) or a name; all addresses of a name are listened on.
  package var host: String
  /// 0 picks a free port.
  package var port: UInt16
  /// Connections at a time, streams included, over all addresses. Further ones wait in the backlog,
  /// or are closed at once where there are several addresses.
  package var maximumConnections = 11_000
  /// Connections at a time from one address, streams included; further ones are closed at once. 0: as many as there
  /// may be in all, for behind a proxy all clients have one address.
  package var maximumConnectionsPerAddress = 0
  /// When no more connections than this are left, a new one displaces the one that has waited longest for its
  /// request to be sent. At most a quarter of all.
  package var connectionHeadroom = 64
  /// Among how many of microhttpd's daemons the connections are spread, where there may be many connections. When a
  /// stream ends, all that are open in its daemon are looked at, up to 0.4 µs each: so 10 000 should be many times a
  /// daemon's.
  package var daemons = 64
  /// What one connection may use for the header of a request and, after it, for the head of the
  /// response. It is resident as far as it has been used: a stream's head is written elsewhere.
  package var connectionMemoryBytes = 8 * 1024
  /// A longer body is refused with 413.
  package var maximumBodyBytes = 64 * 1024
  /// While the bodies of responses that are still being sent take this much, requests get 503: so clients that
  /// ask and don't read cost no more memory. Streams don't count, for they hold nothing.
  package var maximumReplyBytes = 64 * 1024 * 1024
  /// A connection on which nothing moves for so long is closed: idle, in mid-request, or with a
  /// stream whose reader doesn't take what is sent. A stream that waits for events never is.
  /// Whole seconds, at least one.
  package var inactivityTimeout: Duration = .seconds(30)
  /// Connections that the kernel holds until they are accepted; `net.core.somaxconn` caps it.
  package var listenBacklog: CInt = 4096
  /// Descriptors left to the rest of the process when the limit on them is raised; half of them where the limit
  /// cannot be raised so far. A daemon has two.
  package var reservedDescriptors = 384
  /// Added to every response that doesn't bear a field of that name, refusals included.
  package var commonHeaders: HTTPHeaders = [:]

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
