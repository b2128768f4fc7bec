/// Where a server listens, and its limits.
package struct HTTPServerConfiguration: Sendable {
  /// An IPv4 or IPv6 literal (brackets allowed) or a name; all addresses of a name are listened on.
  package var host: String
  /// 0 picks a free port.
  package var port: UInt16
  /// Connections at a time, streams included, over all addresses. Further ones wait in the backlog,
  /// or are closed at once where there are several addresses.
  package var maximumConnections = 11_000
  /// Connections at a time from one address, streams included; further ones are closed at once. 0:
  /// as many as there may be in all, for behind a proxy all clients have one address.
  package var maximumConnectionsPerAddress = 0
  /// When no more connections than this are left, a new one displaces the one that has waited
  /// longest for its request to be sent. At most a quarter of all.
  package var connectionHeadroom = 64
  /// Connections at a time of which a request is still to come, whole; a further one displaces the
  /// one that has waited longest. So what clients can make resident by beginning requests stays
  /// limited, with `connectionMemoryBytes`.
  package var maximumWaitingConnections = 4096
  /// The longest head of a request: 16 KiB of fields, for browsers send the cookies of every other
  /// program on the host, and a request line. A longer one is refused with 431.
  package var maximumHeadBytes = 17 * 1024
  /// What one connection may use for the head of a request and, after it, for the head of the
  /// response: more than `maximumHeadBytes`, so that a head of twice that length is still refused
  /// by ourselves. It is resident as far as it has been used, as a whole after the first request,
  /// and given back when the connection becomes a stream.
  package var connectionMemoryBytes = 36 * 1024
  /// A longer body is refused with 413.
  package var maximumBodyBytes = 64 * 1024
  /// While the bodies of responses that are still being sent take this much, requests get 503: so
  /// clients that ask and don't read cost no more memory. Streams don't count, for they hold
  /// nothing.
  package var maximumReplyBytes = 64 * 1024 * 1024
  /// A connection on which nothing moves for so long is closed: idle, in mid-request, or with a
  /// stream whose reader doesn't take what is sent. A stream that waits for events never is.
  /// Whole seconds, at least one.
  package var inactivityTimeout: Duration = .seconds(30)
  /// Connections that the kernel holds until they are accepted; `net.core.somaxconn` caps it.
  package var listenBacklog: CInt = 4096
  /// Descriptors left to the rest of the process when the limit on them is raised; half of them
  /// where the limit cannot be raised so far.
  package var reservedDescriptors = 384
  /// Added to every response that doesn't bear a field of that name, refusals included.
  package var commonHeaders: HTTPHeaders = [:]

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
