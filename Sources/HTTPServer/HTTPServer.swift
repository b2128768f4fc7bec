package import EventLoop

/// An HTTP/1.1 server (RFC 9112) with endless responses, on an event loop: GNU libmicrohttpd
/// without a thread of its own.
///
/// Everything runs on the loop. A started server lives until `stop` has returned.
package actor HTTPServer {
  private enum State {
    case new
    case running
    case stopping
    case stopped
  }

  private nonisolated let loop: EventLoop
  private nonisolated let configuration: HTTPServerConfiguration
  private let context: HTTPServerContext
  private var daemons: [MicroHTTPDaemon] = []
  private var state = State.new
  /// A run is queued with the loop.
  private var isRunScheduled = false
  /// A run is under way, so that a handler may be on the stack.
  private var isRunning = false
  /// The earliest timeout of microhttpd's that the loop was told.
  private var timeout: TimerID?
  private var deadline: TimerID?
  private var stopWaiters: [CheckedContinuation<Void, Never>] = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  package init(
    loop: EventLoop, configuration: HTTPServerConfiguration, handler: any HTTPHandler
  ) {
    self.loop = loop
    self.configuration = configuration
    context = HTTPServerContext(configuration: configuration, handler: handler)
  }

  /// What a server that has started listens on.
  package struct Listening: Sendable, Equatable {
    /// One for each address of the configured host, all with one port.
    package let endpoints: [HTTPEndpoint]
    /// Connections that the limit on descriptors leaves room for: less than `maximumConnections`
    /// only if the hard limit is too low, which is worth a warning.
    package let connectionLimit: Int
  }

  /// Listens and begins to serve. Resolves the host's name off the loop.
  ///
  /// - Throws: `HTTPServerError`; nothing is left open then.
  @concurrent
  package nonisolated func start() async throws(HTTPServerError) -> Listening {
    let limit = DescriptorLimit.raise(
      to: configuration.maximumConnections + configuration.reservedDescriptors)
    let listeners = try ListeningSocket.open(
      host: configuration.host, port: configuration.port, backlog: configuration.listenBacklog)
    let room = max(1, limit - min(configuration.reservedDescriptors, limit / 2))
    return try await serve(
      listeners, connectionLimit: min(configuration.maximumConnections, room))
  }

  private func serve(
    _ listeners: sending [ListeningSocket], connectionLimit: Int
  ) throws(HTTPServerError) -> Listening {
    guard state == .new else { throw .alreadyStarted }
    let endpoints = listeners.map(\.endpoint)
    context.streams.onResume = { [unowned self] in
      assumeIsolated { $0.scheduleRun() }
    }
    context.connectionLimit = connectionLimit
    var daemons: [MicroHTTPDaemon] = []
    for listener in listeners {
      daemons.append(try MicroHTTPDaemon(listener: listener, context: context))
    }
    for (index, daemon) in daemons.enumerated() {
      do {
        try loop.watch(daemon.epollDescriptor, for: .read) { _ in
          self.assumeIsolated { $0.run() }
        }
      } catch {
        for watched in daemons[..<index] { loop.unwatch(watched.epollDescriptor) }
        throw .loop(reason: "\(error)")
      }
    }
    self.daemons = daemons
    state = .running
    scheduleRun()
    return Listening(endpoints: endpoints, connectionLimit: connectionLimit)
  }

  // MARK: - On the loop

  /// Wakes streams: each is asked to fill again, after the present turn of the loop. One call for
  /// all that have something to send: each call walks all streams that wait.
  ///
  /// Streams that are not waiting are asked once more; closed ones are passed over.
  /// Only on the server's loop.
  package nonisolated func resume(_ streams: some Sequence<StreamID> & Sendable) {
    assumeIsolated { server in
      for stream in streams { server.context.streams.resume(stream) }
    }
  }

  /// Wakes all streams. Only on the server's loop.
  package nonisolated func resumeAll() {
    assumeIsolated { $0.context.streams.resumeAll() }
  }

  /// What is open at this moment. Only on the server's loop.
  package nonisolated var counts: HTTPServerCounts {
    assumeIsolated {
      HTTPServerCounts(
        connections: $0.context.connections, streams: $0.context.streams.count,
        waiting: $0.context.streams.suspendedCount)
    }
  }

  private func scheduleRun() {
    guard !isRunScheduled, state == .running || state == .stopping else { return }
    isRunScheduled = true
    loop.execute {
      self.assumeIsolated {
        $0.isRunScheduled = false
        $0.run()
      }
    }
  }

  private func run() {
    guard state == .running || state == .stopping else { return }
    precondition(!isRunning, "a handler must not run the server")
    isRunning = true
    for daemon in daemons { daemon.run() }
    isRunning = false
    if state == .stopping && context.repliesUnderWay == 0 {
      finishStopping()
      return
    }
    if context.hasClosedConnection {
      // At its limit microhttpd stops listening, and begins again only with the run after the one
      // that closed a connection: for that run nothing else would be due.
      context.hasClosedConnection = false
      scheduleRun()
    }
    scheduleTimeout()
  }

  /// microhttpd's earliest timeout only moves away while a timer is set, for what is newer times out
  /// later: so there is one timer, and it is set again when it has fired.
  private func scheduleTimeout() {
    guard let next = daemons.compactMap(\.timeout).min() else { return }
    if next == .zero {
      scheduleRun()
    } else if timeout == nil {
      timeout = loop.schedule(after: next) {
        self.assumeIsolated {
          $0.timeout = nil
          $0.run()
        }
      }
    }
  }

  // MARK: - Stopping

  /// Stops: listens no more, lets each stream deliver what it has and end, and waits for that and
  /// for responses under way; then closes all connections. Idempotent.
  ///
  /// - Parameter limit: When readers that don't read are cut off.
  package func stop(within limit: Duration) async {
    switch state {
    case .new:
      state = .stopped
    case .stopped:
      break
    case .running, .stopping:
      if state == .running { beginStopping(within: limit) }
      await withCheckedContinuation { stopWaiters.append($0) }
    }
  }

  private func beginStopping(within limit: Duration) {
    state = .stopping
    for daemon in daemons { daemon.quiesce() }
    context.streams.close()
    deadline = loop.schedule(after: limit) {
      self.assumeIsolated {
        $0.deadline = nil
        $0.finishStopping()
      }
    }
    scheduleRun()
  }

  private func finishStopping() {
    guard state == .stopping else { return }
    state = .stopped
    for timer in [timeout, deadline] {
      if let timer { loop.cancel(timer) }
    }
    timeout = nil
    deadline = nil
    for daemon in daemons {
      loop.unwatch(daemon.epollDescriptor)
      daemon.stop()
    }
    daemons = []
    for waiter in stopWaiters { waiter.resume() }
    stopWaiters = []
  }
}
