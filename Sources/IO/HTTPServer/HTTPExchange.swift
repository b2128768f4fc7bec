import Glibc

/// What a server's connections share. Used on the server's loop alone.
final class HTTPServerContext {
  let configuration: HTTPServerConfiguration
  let handler: any HTTPHandler
  let rules: RequestRules
  let streams = StreamTable()
  /// Connections that may be open, over all addresses. The limit on descriptors may lower it.
  var connectionLimit: Int
  /// Connections accepted and not yet closed.
  var connections = 0
  /// Responses begun and not yet sent whole, streams aside.
  var repliesUnderWay = 0
  /// What the bodies of those responses take.
  var replyBytes = 0
  /// Those of which a request is still to come.
  var waiting = WaitingLine()
  var outcomes = HTTPOutcomes()
  /// Added to every response that doesn't bear a field of that name.
  var commonHeaders: HTTPHeaders
  /// Exchanges whose handler answers later, by a number that is never used again.
  var lateReplies: [UInt64: HTTPExchange] = [:]
  private var lateNumber: UInt64 = 0
  /// Begins the work for a late reply of this number.
  var replyLater: (UInt64, LateWork) -> Void = { _, _ in }
  /// Each connection's memory is mapped by itself, and not a part of the heap: so microhttpd 0.9.75
  /// does above this.
  var mapsMemory: Bool { configuration.connectionMemoryBytes > 32 * 1024 }
  /// Connections by the address they come from; kept only where that is limited.
  private var connectionsByHost: [String: Int] = [:]

  init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
    self.configuration = configuration
    self.handler = handler
    commonHeaders = configuration.commonHeaders
    connectionLimit = configuration.maximumConnections
    rules = RequestRules(
      maximumHeadBytes: configuration.maximumHeadBytes,
      maximumBodyBytes: configuration.maximumBodyBytes,
      connectionMemoryBytes: configuration.connectionMemoryBytes)
  }

  /// What a handler does for a late reply.
  typealias LateWork = @Sendable (@escaping @Sendable (HTTPResponse) -> Void) -> Void

  /// Has the handler answer later.
  func begin(_ work: LateWork, for exchange: HTTPExchange) {
    lateNumber += 1
    lateReplies[lateNumber] = exchange
    replyLater(lateNumber, work)
  }

  /// Nothing is to be sent any more.
  var isQuiet: Bool { repliesUnderWay == 0 && lateReplies.isEmpty && streams.count == 0 }

  /// Answers those for whom there is no time left.
  func abandonLateReplies() {
    for exchange in lateReplies.values {
      exchange.complete(with: response(to: .stopping))
    }
    lateReplies = [:]
  }

  /// Opens a stream, which begins with `head`.
  func openStream(on connection: StreamConnection, head: [UInt8], isChunked: Bool) -> StreamID {
    connectionOpened(from: connection.host)
    return streams.open(on: connection, head: head, isChunked: isChunked)
  }

  /// Closes the connection of a stream, whatever it has to send, and frees its place. Idempotent.
  func endStream(at place: Int) {
    let id = streams.id(at: place)
    guard let connection = streams.remove(at: place) else { return }
    connectionClosed(from: connection.host)
    handler.streamClosed(id)
  }

  /// Makes room for a connection that is about to be accepted, where there is little.
  ///
  /// - Parameter address: Where it comes from.
  /// - Returns: Whether it may come.
  func makeRoom(for address: UnsafePointer<sockaddr>?) -> Bool {
    guard connections < connectionLimit, !isFull(address) else {
      outcomes.turnedAway += 1
      return false
    }
    let headroom = min(configuration.connectionHeadroom, connectionLimit / 4)
    let isCrowded =
      connections >= connectionLimit - headroom
      || waiting.count >= configuration.maximumWaitingConnections
    if isCrowded, let oldest = waiting.takeFirst() {
      // microhttpd finds its end in the next turn, and closes it.
      shutdown(oldest, CInt(SHUT_RDWR))
      outcomes.displaced += 1
    }
    return true
  }

  private func isFull(_ address: UnsafePointer<sockaddr>?) -> Bool {
    guard limitsAddresses, let host = address.flatMap({ HTTPEndpoint($0) })?.host else {
      return false
    }
    return connectionsByHost[host, default: 0] >= configuration.maximumConnectionsPerAddress
  }

  private var limitsAddresses: Bool { configuration.maximumConnectionsPerAddress > 0 }

  /// A connection was accepted.
  func connectionOpened(from host: String) {
    connections += 1
    if limitsAddresses { connectionsByHost[host, default: 0] += 1 }
  }

  /// It is closed.
  func connectionClosed(from host: String) {
    connections -= 1
    guard let others = connectionsByHost[host].map({ $0 - 1 }) else { return }
    connectionsByHost[host] = others > 0 ? others : nil
  }

  /// The response to a refusal, in the handler's format.
  func response(to refusal: HTTPRefusal) -> HTTPResponse {
    handler.response(to: refusal)
  }
}

/// One connection and the request that it is at: collects what microhttpd delivers in pieces.
final class HTTPExchange {
  private enum Phase {
    case idle
    /// The request line was read; its target is kept, for microhttpd changes it in place.
    case target([UInt8])
    case body(method: String, target: RequestTarget, headers: HTTPHeaders)
    /// The handler answers later, or just has. The connection is told to leave nothing else alone:
    /// microhttpd neither reads it nor times it out.
    case late(HTTPResponse?)
    case replying
  }

  /// Whose connection it is. It closes its connections before it goes, and their exchanges with
  /// them.
  unowned let daemon: MicroHTTPDaemon
  let context: HTTPServerContext
  let remoteAddress: HTTPEndpoint
  private let localAddress: HTTPEndpoint
  let socket: ConnectedSocket
  /// The first field that microhttpd lists is the empty `Cookie` that it was given for a request.
  var hidesCookies = false
  private var phase = Phase.idle
  private var body: [UInt8] = []
  private var replyBytes = 0
  /// Set while microhttpd leaves the connection alone.
  private var suspended: MicroHTTPConnection?
  private var closesAfterLate = false
  private var ticket: WaitingLine.Ticket

  init(
    daemon: MicroHTTPDaemon, context: HTTPServerContext, descriptor: CInt,
    remoteAddress: HTTPEndpoint, localAddress: HTTPEndpoint
  ) {
    self.daemon = daemon
    self.context = context
    socket = ConnectedSocket(descriptor: descriptor)
    self.remoteAddress = remoteAddress
    self.localAddress = localAddress
    ticket = context.waiting.enter(descriptor)
    context.connectionOpened(from: remoteAddress.host)
  }

  deinit {
    end()
    context.waiting.leave(ticket)
    context.connectionClosed(from: remoteAddress.host)
  }

  /// Whether the header of the request is still to come.
  var awaitsHead: Bool {
    switch phase {
    case .idle, .target: true
    case .body, .late, .replying: false
    }
  }

  /// The target of a new request was read.
  func begin(target: [UInt8]) {
    end()
    phase = .target(target)
  }

  /// The header was read.
  ///
  /// - Throws: The refusal, to be sent at once. The body is not read then.
  func receive(_ head: RequestHead) throws(HTTPRefusal) {
    guard case .target(let bytes) = phase else { throw .internalError }
    let (target, bodyBytes) = try context.rules.check(head, target: bytes)
    phase = .body(method: head.method, target: target, headers: head.headers)
    if let bodyBytes { body.reserveCapacity(bodyBytes) }
  }

  /// A piece of the body was read.
  ///
  /// - Throws: The refusal of a body that is longer than allowed.
  func receive(bodyBytes bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) {
    guard body.count + bytes.count <= context.configuration.maximumBodyBytes else {
      throw .contentTooLarge(limit: context.configuration.maximumBodyBytes)
    }
    body.append(contentsOf: bytes)
  }

  /// The request is there as a whole: asks the handler.
  func reply() -> HTTPReply {
    guard case .body(let method, let target, let headers) = phase else {
      return .response(context.response(to: .internalError))
    }
    guard context.replyBytes < context.configuration.maximumReplyBytes else {
      return .response(context.response(to: .tooManyReplies))
    }
    let request = HTTPRequest(
      method: method, target: target, headers: headers, body: body,
      remoteAddress: remoteAddress, localAddress: localAddress)
    return context.handler.respond(to: request)
  }

  /// The handler answers later: microhttpd is to leave the connection alone until then.
  ///
  /// - Parameters:
  ///   - connection: This exchange's own.
  ///   - closes: The connection takes no further request.
  func beginWaiting(on connection: MicroHTTPConnection, closing closes: Bool) {
    phase = .late(nil)
    body = []
    suspended = connection
    closesAfterLate = closes
    context.waiting.leave(ticket)
    connection.suspend()
  }

  /// The late response is here; microhttpd asks for it in its next run.
  func complete(with response: HTTPResponse) {
    guard case .late = phase, let connection = suspended else { return }
    var response = response
    if closesAfterLate { response.headers.append(name: "Connection", value: "close") }
    phase = .late(response)
    suspended = nil
    connection.resume()
  }

  /// The late response, once it is here.
  var lateResponse: HTTPResponse? {
    guard case .late(let response) = phase else { return nil }
    return response
  }

  /// A response was handed to microhttpd: what the request held is no longer needed, which counts
  /// with thousands of streams.
  ///
  /// - Parameters:
  ///   - status: Of the response.
  ///   - bytes: What the response's body takes.
  func beginReplying(status: Int, bytes: Int) {
    guard case .replying = phase else {
      phase = .replying
      context.outcomes.responses[status, default: 0] += 1
      body = []
      context.waiting.leave(ticket)
      context.repliesUnderWay += 1
      replyBytes = bytes
      context.replyBytes += bytes
      return
    }
  }

  /// Whether the body of the request comes in chunks. microhttpd takes a bare LF for the end of a
  /// chunk's line, so that what follows such a body could be read as another request by us than by
  /// a proxy in front: the connection is closed after the response.
  var hasChunks: Bool {
    guard case .body(_, _, let headers) = phase else { return false }
    return headers["Transfer-Encoding"] != nil
  }

  /// Whether the head of a request has come in part.
  var isAtHead: Bool { if case .target = phase { true } else { false } }

  /// A response was written past microhttpd, or the connection was taken over: it has served.
  func abandon(status: Int) {
    context.outcomes.responses[status, default: 0] += 1
    phase = .idle
  }

  /// The request is over, however it ended.
  func end() {
    switch phase {
    case .idle:
      break
    case .target, .body, .late:
      context.outcomes.unfinished += 1
    case .replying:
      context.repliesUnderWay -= 1
      context.replyBytes -= replyBytes
      ticket = context.waiting.enter(socket.descriptor)
    }
    phase = .idle
    body = []
  }
}
