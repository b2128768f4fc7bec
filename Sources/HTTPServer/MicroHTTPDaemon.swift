import CMicroHTTPD
import Glibc

/// One `MHD_Daemon` of GNU libmicrohttpd: some of a server's connections, driven from outside by
/// `run`. Used on the server's loop alone.
///
/// This file is where C's pointers become values: no other sees one of them.
final class MicroHTTPDaemon {
  fileprivate let context: HTTPServerContext
  private var daemon: OpaquePointer?

  /// Ready to read when `run` has something to do.
  private(set) var epollDescriptor: CInt = -1
  /// Connections accepted and not yet closed.
  fileprivate(set) var connections = 0
  /// `run` has something to do, or may have.
  var isDue = true

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
    let daemon = mhd_shim_start(&callbacks, &limits, strictForClient, pointer)
    guard let daemon else { throw .system(operation: "MHD_start_daemon", errno: errno) }
    self.daemon = daemon
    epollDescriptor = mhd_shim_epoll_descriptor(daemon)
  }

  deinit { stop() }

  /// Serves what is ready, without waiting. Never from within a handler.
  func run() {
    if let daemon { MHD_run(daemon) }
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
    // microhttpd ends the process if anything is suspended still.
    context.streams.endAll()
    MHD_stop_daemon(daemon)
  }
}

/// A connection of microhttpd's, valid from its first callback until its last.
struct MicroHTTPConnection {
  private let pointer: OpaquePointer
  let descriptor: CInt

  fileprivate init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    descriptor = mhd_shim_descriptor(pointer)
  }

  /// Only if it is suspended. Takes effect with the next run, in which microhttpd asks for a reply once more.
  func resume() {
    MHD_resume_connection(pointer)
    exchange?.daemon.isDue = true
  }

  /// Writes past microhttpd. The corresponding C function is `send`.
  ///
  /// - Returns: How many bytes the socket took, 0 where it takes none at present; nil when the
  ///   connection is broken.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    while true {
      let sent = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
      if sent >= 0 { return sent }
      switch errno {
      case EINTR: continue
      case EAGAIN: return 0
      default: return nil
      }
    }
  }

  /// The exchange that `connectionChanged` tied to the connection.
  fileprivate var exchange: HTTPExchange? {
    mhd_shim_socket_context(pointer).map {
      Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue()
    }
  }

  fileprivate func send(
    _ reply: HTTPReply, isHead: Bool, isHTTP10: Bool, for exchange: HTTPExchange
  ) -> MHD_Result {
    switch reply {
    case .response(let response):
      return send(response, for: exchange)
    case .stream(let head, _) where isHead:
      // With chunks, microhttpd 0.9.75 would send the last one even here.
      let response = MHD_create_response_from_callback(.max, 1, fillNothing, nil, nil)
      if let response { _ = mhd_shim_close_after(response) }
      return queue(response, status: head.status, headers: head.headers, bytes: 0, for: exchange)
    case .stream(let head, let opened):
      // Up to its end: microhttpd has no part in it.
      MHD_suspend_connection(pointer)
      var headers = head.headers
      headers.fill(from: exchange.context.configuration.commonHeaders)
      let bytes = headers.responseHead(
        status: head.status, reason: Self.reason(for: head.status), isChunked: !isHTTP10)
      let stream = exchange.context.streams.open(on: self, head: bytes, isChunked: !isHTTP10)
      exchange.beginStreaming(stream, status: head.status)
      opened(stream)
      return .YES
    }
  }

  private static func reason(for status: Int) -> String {
    MHD_get_reason_phrase_for(CUnsignedInt(clamping: status)).map { String(cString: $0) } ?? ""
  }

  fileprivate func send(_ response: HTTPResponse, for exchange: HTTPExchange) -> MHD_Result {
    let whole = response.body.withUnsafeBytes {
      MHD_create_response_from_buffer(
        $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
    }
    return queue(
      whole, status: response.status, headers: response.headers, bytes: response.body.count,
      for: exchange)
  }

  /// Takes the response over.
  private func queue(
    _ response: OpaquePointer?, status: Int, headers: HTTPHeaders, bytes: Int,
    for exchange: HTTPExchange
  ) -> MHD_Result {
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    var headers = headers
    headers.fill(from: exchange.context.configuration.commonHeaders)
    for field in headers.fields {
      _ = MHD_add_response_header(response, field.name, field.value)
    }
    exchange.beginReplying(status: status, bytes: bytes)
    return MHD_queue_response(pointer, CUnsignedInt(clamping: status), response)
  }

  /// Writes a response past microhttpd, which takes none while a body is being read, nor where the
  /// header has left no memory for it. The connection is to be closed then.
  fileprivate func sendAndAbandon(_ response: HTTPResponse, for exchange: HTTPExchange) {
    var headers = response.headers
    headers.fill(from: exchange.context.configuration.commonHeaders)
    headers.append(name: "Content-Length", value: "\(response.body.count)")
    let head = headers.responseHead(
      status: response.status, reason: Self.reason(for: response.status), isChunked: false)
    let bytes = head + response.body
    exchange.abandon(status: response.status)
    _ = bytes.withUnsafeBytes { write($0) }
  }

  /// - Parameters: The request line's strings, as microhttpd points to them.
  fileprivate func head(
    method: UnsafePointer<CChar>, target: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) -> RequestHead {
    var collected = CollectedFields(next: version + strlen(version) + 2)
    withUnsafeMutablePointer(to: &collected) {
      _ = MHD_get_connection_values_n(pointer, .HEADER_KIND, collectField, $0)
    }
    let end = method + mhd_shim_request_header_bytes(pointer)
    return RequestHead(
      method: String(cString: method), targetBytes: version - target - 1,
      version: String(cString: version), headers: collected.headers,
      usedMemoryBytes: usedMemoryBytes(collected),
      isContiguous: !Self.parsesInPlace || collected.isContiguous && collected.next + 2 == end)
  }

  /// Whether `RequestHead.isContiguous` can be told: the parser of other versions works otherwise,
  /// and from 1.0 on it is strict by itself.
  private static let parsesInPlace = String(cString: MHD_get_version()) == "0.9.75"

  /// microhttpd keeps the header, a record for each field and each cookie, and a copy of the
  /// cookies in the memory from which the response's head must be built.
  private func usedMemoryBytes(_ collected: CollectedFields) -> Int {
    let recordBytes = 64
    let cookies = Int(MHD_get_connection_values_n(pointer, .COOKIE_KIND, nil, nil))
    let records = collected.headers.fields.count + cookies
    let cookieBytes = collected.headers["Cookie"]?.utf8.count ?? 0
    return mhd_shim_request_header_bytes(pointer) + records * recordBytes + cookieBytes
  }
}

/// The fields of a header while `collectField` is being called.
private struct CollectedFields {
  var headers = HTTPHeaders()
  /// Where the next line begins if it directly follows the last.
  var next: UnsafePointer<CChar>
  var isContiguous = true
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
    daemonObject(context).connections += 1
    // The connection owns its exchange, from its first callback to its last.
    socketContext.pointee = Unmanaged.passRetained(exchange).toOpaque()
  } else if let exchange = socketContext.pointee {
    socketContext.pointee = nil
    daemonObject(context).connections -= 1
    // The last callback of the connection: its reference is given back.
    Unmanaged<HTTPExchange>.fromOpaque(exchange).release()
  }
}

private func targetReceived(
  context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let target, let connection else { return nil }
  let bytes = UnsafeMutableRawBufferPointer(
    start: UnsafeMutableRawPointer(mutating: target), count: strlen(target))
  MicroHTTPConnection(connection).exchange?.begin(target: Array(bytes))
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
    guard !exchange.isStreaming else {
      // The stream is over: microhttpd closes the connection.
      return .NO
    }
    return connection.send(
      exchange.reply(), isHead: strcmp(method, "HEAD") == 0,
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

private func collectField(
  collected: UnsafeMutableRawPointer?, kind: MHD_ValueKind,
  name: UnsafePointer<CChar>?, nameBytes: Int, value: UnsafePointer<CChar>?, valueBytes: Int
) -> MHD_Result {
  guard let collected, let name, let value else { return .NO }
  let fields = collected.assumingMemoryBound(to: CollectedFields.self)
  var text = UnsafeRawBufferPointer(start: value, count: valueBytes)[...]
  fields.pointee.isContiguous = fields.pointee.isContiguous && fields.pointee.next == name
  fields.pointee.next = value + valueBytes + 2
  while text.last == UInt8(ascii: " ") || text.last == UInt8(ascii: "\t") { text.removeLast() }
  fields.pointee.headers.append(
    name: String(decoding: UnsafeRawBufferPointer(start: name, count: nameBytes), as: UTF8.self),
    value: String(decoding: text, as: UTF8.self))
  return .YES
}

private func requestCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  code: MHD_RequestTerminationCode
) {
  if let connection { MicroHTTPConnection(connection).exchange?.end() }
}

/// What a content reader returns for the end of its stream.
private let endOfStream = -1

private func fillNothing(
  slot: UnsafeMutableRawPointer?, position: UInt64, buffer: UnsafeMutablePointer<CChar>?,
  capacity: Int
) -> Int {
  endOfStream
}
