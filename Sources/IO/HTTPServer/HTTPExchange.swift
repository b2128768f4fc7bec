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
  /// Of the present turn.
  var repeatable: RepeatableReply?
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

  /// Opens a stream, which begins with `head`.
  func openStream(on connection: StreamConnection, head: [UInt8], isChunked: Bool) -> StreamID {
    repeatable = nil
    connectionOpened(from: connection.host)
    return streams.open(on: connection, head: head, isChunked: isChunked)
  }

  /// Closes the connection of a stream, whatever it has to send, and frees its place. Idempotent.
  func endStream(at place: Int) {
    let id = streams.id(at: place)
    guard let connection = streams.remove(at: place) else { return }
    connectionClosed(from: connection.host)
    // The handler may tell of its streams.
    repeatable = nil
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
    case repeating(MicroHTTPResponse)
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
    case .body, .repeating, .replying: false
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

  /// Whether the reply of a moment ago answers this request too: then its head is not looked at any
  /// closer.
  func repeats(_ request: RequestBytes) -> Bool {
    guard let last = context.repeatable, case .target(let target) = phase,
      last.answers(request, target: target, localAddress: localAddress),
      context.replyBytes < context.configuration.maximumReplyBytes
    else { return false }
    phase = .repeating(last.response)
    return true
  }

  var repeatedResponse: MicroHTTPResponse? {
    guard case .repeating(let response) = phase else { return nil }
    return response
  }

  /// The handler has answered.
  func note(_ response: MicroHTTPResponse, to request: RequestBytes, isRepeatable: Bool) {
    context.repeatable = nil
    guard isRepeatable, body.isEmpty, case .body(_, let target, _) = phase else { return }
    context.repeatable = RepeatableReply(
      response, to: request, target: Array(target.raw.utf8), localAddress: localAddress)
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
    case .target, .body, .repeating:
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
