import EventLoop

/// The way to an open connection: resolve, connect, proxy, TLS, each with its deadline.
extension Connection {
  func begin(_ onEvent: @escaping EventHandler) {
    guard case .idle = phase else { preconditionFailure("a connection is opened once") }
    self.onEvent = onEvent
    loop.execute { [self] in
      assumeIsolated { $0.firstStep() }
    }
  }

  private func firstStep() {
    // Closed before it began.
    guard case .idle = phase else { return }
    if let socket {
      adopt(socket)
    } else {
      resolve()
    }
  }

  // MARK: - Steps

  private func startStep(_ step: ConnectStep) {
    stepStart = .now
    let limit = options.deadlines[step]
    setDeadline(limit) { [self] in
      assumeIsolated { $0.finish(.timedOut(step, after: limit)) }
    }
  }

  private func completeStep(_ step: ConnectStep) {
    cancelDeadline()
    emit(.completed(step, took: .now - stepStart))
  }

  private var isClosed: Bool {
    if case .closed = phase { return true }
    return false
  }

  private func resolve() {
    phase = .resolving
    startStep(.resolve)
    let target = options.proxy?.endpoint ?? endpoint
    guard !target.isOnion else { return finish(.onionWithoutProxy(host: target.host)) }
    // The lookup may outlive the connection; it holds it only until it is done.
    options.resolver.resolve(target) { [self] result in
      loop.execute {
        self.assumeIsolated { $0.resolved(result) }
      }
    }
  }

  private func resolved(_ result: Result<[SocketAddress], TransportError>) {
    guard case .resolving = phase else { return }
    switch result {
    case .failure(let error): finish(error)
    case .success(let addresses):
      completeStep(.resolve)
      if !isClosed { connect(to: addresses) }
    }
  }

  private func connect(to addresses: [SocketAddress]) {
    startStep(.connect)
    let race = AddressRace(to: addresses, deadline: options.deadlines.connect, on: loop) {
      [self] result in
      assumeIsolated { $0.raceEnded(result) }
    }
    phase = .racing(race)
    race.start()
  }

  private func raceEnded(_ result: Result<Socket, TransportError>) {
    guard case .racing = phase else { return }
    switch result {
    case .failure(let error): finish(error)
    case .success(let socket):
      self.socket = socket
      completeStep(.connect)
      if !isClosed { adopt(socket) }
    }
  }

  /// From here on the socket is watched by the connection itself.
  private func adopt(_ socket: Socket) {
    socket.configureStream()
    do throws(EventLoopError) {
      try loop.watch(socket.descriptor, for: .read) { [self] readiness in
        assumeIsolated { $0.ready(readiness) }
      }
    } catch {
      return finish(TransportError(error))
    }
    if options.proxy != nil { negotiateProxy() } else { negotiateTLSOrOpen() }
  }

  private func negotiateProxy() {
    startStep(.proxy)
    do throws(TransportError) {
      phase = .negotiatingProxy(try SOCKSHandshake(target: endpoint))
      queue(SOCKSHandshake.greeting)
    } catch {
      finish(error)
    }
  }

  func receivedFromProxy(_ bytes: [UInt8], _ handshake: SOCKSHandshake) {
    var handshake = handshake
    do throws(TransportError) {
      let step = try handshake.receive(bytes)
      phase = .negotiatingProxy(handshake)
      switch step {
      case .needsMore: break
      case .send(let bytes): queue(bytes)
      case .done(let rest):
        completeStep(.proxy)
        guard !isClosed else { return }
        negotiateTLSOrOpen()
        if !rest.isEmpty { received(rest) }
      }
    } catch {
      finish(error)
    }
  }

  private func negotiateTLSOrOpen() {
    guard let context = options.tls else { return opened() }
    startStep(.tls)
    do throws(TransportError) {
      let session = try TLSSession(context, host: endpoint.host)
      phase = .negotiatingTLS(session)
      continueHandshake(session)
    } catch {
      finish(error)
    }
  }

  func continueHandshake(_ session: TLSSession) {
    do throws(TransportError) {
      let isComplete = try session.handshake()
      queue(session.takeOutgoing())
      guard isComplete, !isClosed else { return }
      tls = session
      completeStep(.tls)
      if !isClosed { opened() }
      // The last flight may have brought the first of the stream.
      if !isClosed { deliverDecrypted(session) }
    } catch {
      // The alert tells the server's log why; nobody waits for its arrival.
      queue(session.takeOutgoing())
      finish(error)
    }
  }

  private func opened() {
    phase = .open
    updateInterest()
    guard !isClosed else { return }
    guard let address = socket?.remoteAddress() else { return finish(.reset) }
    emit(.opened(ConnectionInfo(address: address, tlsVersion: tls?.version)))
  }
}
