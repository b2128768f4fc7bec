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

  nonisolated let loop: EventLoop
  nonisolated let configuration: HTTPServerConfiguration
  let context: HTTPServerContext
  let sender: StreamSender
  private var listeners: [ListeningSocket] = []
  private var daemon: MicroHTTPDaemon?
  /// New connections wait in the backlog, because there are as many as there may be.
  private var isAcceptingPaused = false
  private var acceptRetry: TimerID?
  private var state = State.new
  /// A run is queued with the loop.
  private var isRunScheduled = false
  /// A run is under way, so that a handler may be on the stack.
  private var isRunning = false
  /// The earliest timeout of microhttpd's that the loop was told.
  private var timeout: TimerID?
  /// Set while streams have more than one turn's worth to send.
  private var nextTurn: TimerID?
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
    sender = StreamSender(table: context.streams, handler: handler)
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
    context.streams.onDue = { [unowned self] in
      assumeIsolated { $0.scheduleRun() }
    }
    context.replyLater = { [weak self] number, work in
      work { [weak self] response in
        self?.assumeIsolated { $0.complete(number, with: response) }
      }
    }
    context.connectionLimit = connectionLimit
    let daemon = try MicroHTTPDaemon(context: context)
    var watched: [CInt] = []
    do {
      try loop.watch(daemon.epollDescriptor, for: .read) { _ in
        self.assumeIsolated {
          $0.daemon?.isDue = true
          $0.run()
        }
      }
      watched.append(daemon.epollDescriptor)
      for (index, listener) in listeners.enumerated() {
        try loop.watch(listener.watchedDescriptor, for: .read) { _ in
          self.assumeIsolated { $0.accept(from: index) }
        }
        watched.append(listener.watchedDescriptor)
      }
    } catch {
      for descriptor in watched { loop.unwatch(descriptor) }
      throw .loop(reason: "\(error)")
    }
    self.listeners = listeners
    self.daemon = daemon
    state = .running
    return Listening(endpoints: endpoints, connectionLimit: connectionLimit)
  }

  // MARK: - Accepting

  private static let acceptsPerTurn = 64
  /// Without descriptors or memory, the next attempt is made after this.
  private static let acceptRetryDelay: Duration = .milliseconds(100)

  private func accept(from index: Int) {
    let room = context.connectionLimit - context.connections
    if room <= 0 { setAcceptingPaused(true) }
    accepting: for _ in 0..<max(0, min(room, Self.acceptsPerTurn)) {
      switch listeners[index].accept() {
      case .connection(let connection, let address):
        daemon?.add(connection, from: address)
      case .exhausted:
        setAcceptingPaused(true)
        acceptRetry = loop.schedule(after: Self.acceptRetryDelay) {
          self.assumeIsolated { $0.setAcceptingPaused(false) }
        }
        break accepting
      case .nothing:
        break accepting
      }
    }
    run()
  }

  private func setAcceptingPaused(_ isPaused: Bool) {
    guard isPaused != isAcceptingPaused else { return }
    isAcceptingPaused = isPaused
    if let acceptRetry { loop.cancel(acceptRetry) }
    acceptRetry = nil
    for listener in listeners {
      // It fails only when epoll has lost the descriptor, which nobody but us closes.
      try? loop.change(listener.watchedDescriptor, to: isPaused ? [] : .read)
    }
  }

  // MARK: - On the loop

  /// Wakes streams: each is asked to fill again, after the present turn of the loop.
  ///
  /// Streams that are not waiting are asked once more; closed ones are passed over.
  /// Only on the server's loop.
  package nonisolated func resume(_ streams: [StreamID]) {
    assumeIsolated { server in
      for stream in streams { server.context.streams.resume(stream) }
    }
  }

  /// Wakes all streams. Only on the server's loop.
  package nonisolated func resumeAll() {
    assumeIsolated { $0.context.streams.resumeAll() }
  }

  /// Replaces the configuration's common headers, for the responses that begin from now on. Only on
  /// the server's loop.
  package nonisolated func setCommonHeaders(_ headers: HTTPHeaders) {
    assumeIsolated { $0.context.commonHeaders = headers }
  }

  /// What is open at this moment. Only on the server's loop.
  package nonisolated var counts: HTTPServerCounts {
    assumeIsolated {
      HTTPServerCounts(
        connections: $0.context.connections, streams: $0.context.streams.count,
        waiting: $0.context.streams.waitingCount)
    }
  }

  /// What has become of requests since the start. Only on the server's loop.
  package nonisolated var outcomes: HTTPOutcomes { assumeIsolated { $0.context.outcomes } }

  /// A late reply is here. Its client may have left, and the server may have stopped.
  private func complete(_ number: UInt64, with response: HTTPResponse) {
    guard let exchange = context.lateReplies.removeValue(forKey: number) else { return }
    exchange.complete(with: response)
    daemon?.isDue = true
    scheduleRun()
  }

  func scheduleRun() {
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
    var next: Duration?
    if let daemon, daemon.isDue {
      daemon.isDue = false
      daemon.run()
      next = daemon.timeout
      if next == .zero { daemon.isDue = true }
    }
    sendStreams()
    isRunning = false
    if state == .stopping && context.isQuiet {
      finishStopping()
      return
    }
    if isAcceptingPaused, acceptRetry == nil, context.connections < context.connectionLimit {
      setAcceptingPaused(false)
    }
    if daemon?.isDue == true { scheduleRun() }
    if context.streams.hasDue { scheduleNextTurn() }
    if let next, next > .zero { scheduleTimeout(next) }
  }

  /// As `run`, for streams alone; what they leave to microhttpd is done in the next turn. From
  /// within a handler it is left to that turn as a whole.
  func runStreams() {
    guard state == .running || state == .stopping, !isRunning else { return }
    isRunning = true
    sendStreams()
    isRunning = false
  }

  /// Runs again when sockets and timers have had their turn.
  private func scheduleNextTurn() {
    guard nextTurn == nil else { return }
    nextTurn = loop.schedule(after: .zero) {
      self.assumeIsolated {
        $0.nextTurn = nil
        $0.run()
      }
    }
  }

  /// microhttpd's earliest timeout only moves away while a timer is set, for what is newer times
  /// out later: so there is one timer, and it is set again when it has fired.
  private func scheduleTimeout(_ next: Duration) {
    guard timeout == nil else { return }
    timeout = loop.schedule(after: next) {
      self.assumeIsolated { server in
        server.timeout = nil
        server.daemon?.isDue = true
        server.run()
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
    stopListening()
    context.streams.close()
    deadline = loop.schedule(after: limit) {
      self.assumeIsolated {
        $0.deadline = nil
        $0.finishStopping()
      }
    }
    scheduleRun()
  }

  private func stopListening() {
    setAcceptingPaused(false)
    for listener in listeners { loop.unwatch(listener.watchedDescriptor) }
    // Each closes its socket with its last reference.
    listeners = []
  }

  private func finishStopping() {
    guard state == .stopping else { return }
    state = .stopped
    for timer in [timeout, deadline, nextTurn] {
      if let timer { loop.cancel(timer) }
    }
    timeout = nil
    deadline = nil
    nextTurn = nil
    endStreams()
    if let daemon {
      loop.unwatch(daemon.epollDescriptor)
      // microhttpd ends the process when it is stopped with a connection that it was told to leave.
      context.abandonLateReplies()
      daemon.run()
      daemon.stop()
    }
    daemon = nil
    for waiter in stopWaiters { waiter.resume() }
    stopWaiters = []
  }
}
