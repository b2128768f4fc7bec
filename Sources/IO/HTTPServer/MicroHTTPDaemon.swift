import CMicroHTTPD
import Glibc

/// One `MHD_Daemon` of GNU libmicrohttpd: some of a server's connections, driven from outside by
/// `run`. Used on the server's loop alone.
///
/// This file and `MicroHTTPConnection` are where C's pointers become values: no other sees one of
/// them.
final class MicroHTTPDaemon {
  fileprivate let context: HTTPServerContext
  private var daemon: OpaquePointer?

  /// Ready to read when `run` has something to do.
  private(set) var epollDescriptor: CInt = -1
  /// `run` has something to do, or may have.
  var isDue = true
  /// Connections of which the first byte has not been looked at: it tells TLS from HTTP.
  var newcomers: [HTTPExchange] = []
  /// Owned: what microhttpd tells its refusals to. Freed in `deinit`, after microhttpd.
  private let log = UnsafeMutablePointer<mhd_shim_log>.allocate(capacity: 1)
  /// Requests whose head or body is being received.
  fileprivate var requests: [MicroHTTPConnection] = []

  /// - Throws: `.system` when microhttpd can't start, for want of memory or descriptors.
  init(context: HTTPServerContext) throws(HTTPServerError) {
    self.context = context
    var callbacks = mhd_shim_callbacks(
      may_connect: mayConnect, handle: handleRequest, connection_changed: connectionChanged,
      completed: requestCompleted, target_received: targetReceived, unescape: leaveEscaped)
    var limits = mhd_shim_limits(
      connections: CUnsignedInt(clamping: context.connectionLimit),
      inactivity_seconds: CUnsignedInt(
        clamping: max(1, context.configuration.inactivityTimeout.components.seconds)),
      connection_memory_bytes: context.configuration.connectionMemoryBytes)
    // Strictness is ours: microhttpd's would refuse a missing `Host` with a page of its own and a
    // space in the target with nothing at all, before `RequestRules` could say why.
    let strictForClient: CInt = 0
    // This object outlives microhttpd's: it stops it when it goes.
    let pointer = Unmanaged.passUnretained(self).toOpaque()
    log.initialize(to: mhd_shim_log(refuses: refuses, context: pointer))
    let daemon = mhd_shim_start(&callbacks, &limits, strictForClient, log, pointer)
    guard let daemon else { throw .system(operation: "MHD_start_daemon", errno: errno) }
    self.daemon = daemon
    epollDescriptor = mhd_shim_epoll_descriptor(daemon)
  }

  deinit {
    stop()
    log.deallocate()
  }

  /// Serves what is ready, without waiting. Never from within a handler.
  func run() {
    lookAtNewcomers()
    if let daemon { MHD_run(daemon) }
  }

  /// So many silent ones are remembered; of the others TLS is not told apart, and ends as any noise
  /// does.
  private static let maximumNewcomers = 64
  /// The content type of a TLS record that bears a handshake (RFC 8446, section 5.1). No method
  /// begins with it.
  private static let handshakeRecord: UInt8 = 22

  private func lookAtNewcomers() {
    newcomers.removeAll { exchange in
      guard let byte = exchange.socket.peek() else { return false }
      guard byte == Self.handshakeRecord else { return true }
      context.handler.refusedTLS(from: exchange.remoteAddress)
      exchange.socket.finishSending()
      // microhttpd finds the end in this run.
      shutdown(exchange.socket.descriptor, CInt(SHUT_RD))
      return true
    }
  }

  fileprivate func meet(_ exchange: HTTPExchange) {
    if newcomers.count == Self.maximumNewcomers { newcomers.removeFirst() }
    newcomers.append(exchange)
  }

  /// After how long `run` is due even if nothing gets ready; nil if never.
  var timeout: Duration? {
    guard let daemon else { return nil }
    var milliseconds: CUnsignedLongLong = 0
    guard MHD_get_timeout(daemon, &milliseconds) == .YES else { return nil }
    return .milliseconds(Int64(clamping: milliseconds))
  }

  /// Takes a connection over; closes it where microhttpd won't have it.
  func add(_ connection: CInt, from address: ConnectedAddress) {
    guard let daemon else {
      close(connection)
      return
    }
    var address = address
    // microhttpd closes what it refuses.
    _ = address.withMutableSockaddr { MHD_add_connection(daemon, connection, $0, $1.pointee) }
    isDue = true
  }

  /// Closes all connections. Idempotent.
  func stop() {
    guard let daemon else { return }
    self.daemon = nil
    MHD_stop_daemon(daemon)
  }
}

extension MicroHTTPDaemon {
  /// The connection is closed.
  fileprivate func forget(_ exchange: HTTPExchange) { newcomers.removeAll { $0 === exchange } }

  /// The request is there as a whole, or over.
  fileprivate func forget(_ connection: MicroHTTPConnection) {
    if let index = requests.lastIndex(of: connection) { requests.remove(at: index) }
  }

  /// microhttpd refuses a request with HTML of its own, and does not say whose it is. Where that is
  /// certain, the client is sent our problem document instead: microhttpd finds the socket shut
  /// then.
  fileprivate func answerRefusal(status: Int, isOfChunks: Bool) {
    guard let connection = refused(status: status, isOfChunks: isOfChunks),
      let refusal = HTTPRefusal.ofMicroHTTPD(
        status: status, isOfChunks: isOfChunks, context.configuration),
      let exchange = connection.exchange
    else { return }
    connection.sendAndAbandon(context.response(to: refusal), for: exchange)
  }

  /// The request that is being refused, where it cannot be another.
  private func refused(status: Int, isOfChunks: Bool) -> MicroHTTPConnection? {
    if isOfChunks {
      let bodies = requests.filter { $0.exchange?.hasChunks == true }
      return bodies.count == 1 ? bodies[0] : nil
    }
    let heads = requests.filter { $0.exchange?.isAtHead == true }
    // A head that is whole, and that we have not been shown: its framing is refused at this very
    // moment.
    if let judged = heads.first(where: \.hasWholeHead) { return judged }
    return status == HTTPRefusal.headerTooLarge.status && heads.count == 1 ? heads[0] : nil
  }
}

// MARK: - Callbacks of microhttpd, all on the loop from within `run` and `stop`

/// What `MicroHTTPDaemon.init` gave to microhttpd, unretained: the object itself, which stops
/// microhttpd before it goes, so that it outlives every callback.
private func daemonObject(_ pointer: UnsafeMutableRawPointer) -> MicroHTTPDaemon {
  Unmanaged<MicroHTTPDaemon>.fromOpaque(pointer).takeUnretainedValue()
}

private func mayConnect(
  context: UnsafeMutableRawPointer?, address: UnsafePointer<sockaddr>?, length: socklen_t
) -> MHD_Result {
  guard let context else { return .NO }
  return daemonObject(context).context.makeRoom(for: address) ? .YES : .NO
}

private func connectionChanged(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  code: MHD_ConnectionNotificationCode
) {
  guard let context, let connection, let socketContext else { return }
  if code == .CONNECTION_NOTIFY_STARTED {
    let unknown = HTTPEndpoint(host: "0.0.0.0", port: 0)
    let descriptor = mhd_shim_descriptor(connection)
    let exchange = HTTPExchange(
      daemon: daemonObject(context), context: daemonObject(context).context,
      descriptor: descriptor,
      remoteAddress: mhd_shim_client_address(connection).flatMap { HTTPEndpoint($0) } ?? unknown,
      localAddress: HTTPEndpoint(localAddressOf: descriptor) ?? unknown)
    daemonObject(context).meet(exchange)
    // The connection owns its exchange, from its first callback to its last.
    socketContext.pointee = Unmanaged.passRetained(exchange).toOpaque()
  } else if let exchange = socketContext.pointee {
    socketContext.pointee = nil
    // The last callback of the connection: its reference is given back.
    daemonObject(context).forget(Unmanaged<HTTPExchange>.fromOpaque(exchange).takeRetainedValue())
  }
}

private func targetReceived(
  context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let target, let connection else { return nil }
  let bytes = UnsafeMutableRawBufferPointer(
    start: UnsafeMutableRawPointer(mutating: target), count: strlen(target))
  let request = MicroHTTPConnection(connection)
  guard let exchange = request.exchange else { return nil }
  exchange.begin(target: Array(bytes))
  exchange.hidesCookies = request.hideCookies()
  exchange.daemon.requests.append(request)
  if exchange.context.mapsMemory { request.mendContentLength(behind: target) }
  // microhttpd is about to write into these bytes itself, to cut the query into arguments. Its
  // 0.9.75 turns the loop for as long as the timeout lasts when they don't fit the memory, and we
  // don't want them: it finds an empty query.
  if let question = bytes.firstIndex(of: UInt8(ascii: "?")), question + 1 < bytes.count {
    bytes[question + 1] = 0
  }
  return nil
}

/// Leaves the target as it is: `RequestTarget` decodes it.
private func leaveEscaped(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  text: UnsafeMutablePointer<CChar>?
) -> Int {
  text.map { strlen($0) } ?? 0
}

/// Called when the header is there, for each piece of the body, and when the body is complete.
private func handleRequest(
  context: UnsafeMutableRawPointer?, connection pointer: OpaquePointer?,
  url: UnsafePointer<CChar>?, method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?,
  body: UnsafePointer<CChar>?, bodyBytes: UnsafeMutablePointer<Int>?,
  requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let pointer, let url, let method, let version, let bodyBytes else { return .NO }
  let connection = MicroHTTPConnection(pointer)
  guard let exchange = connection.exchange else { return .NO }
  if exchange.awaitsHead {
    do throws(HTTPRefusal) {
      try exchange.receive(
        connection.head(method: method, target: url, version: version))
      return .YES
    } catch .headerTooLarge {
      connection.sendAndAbandon(exchange.context.response(to: .headerTooLarge), for: exchange)
      return .NO
    } catch {
      return connection.send(exchange.context.response(to: error), for: exchange)
    }
  }
  guard let body, bodyBytes.pointee > 0 else {
    exchange.daemon.forget(connection)
    if let response = exchange.lateResponse { return connection.send(response, for: exchange) }
    let closes = exchange.hasChunks
    return connection.send(
      exchange.reply(), closing: closes, isHead: strcmp(method, "HEAD") == 0,
      isHTTP10: strcmp(version, "HTTP/1.0") == 0, for: exchange)
  }
  do throws(HTTPRefusal) {
    try exchange.receive(
      bodyBytes: UnsafeRawBufferPointer(start: body, count: bodyBytes.pointee))
    bodyBytes.pointee = 0
    return .YES
  } catch {
    connection.sendAndAbandon(exchange.context.response(to: error), for: exchange)
    return .NO
  }
}

private func requestCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  code: MHD_RequestTerminationCode
) {
  guard let connection else { return }
  let ended = MicroHTTPConnection(connection)
  guard let exchange = ended.exchange else { return }
  exchange.daemon.forget(ended)
  exchange.end()
}

/// Called when microhttpd is about to refuse a request with a page of its own.
private func refuses(context: UnsafeMutableRawPointer?, status: CUnsignedInt, isOfChunks: CInt) {
  guard let context else { return }
  daemonObject(context).answerRefusal(status: Int(status), isOfChunks: isOfChunks != 0)
}
