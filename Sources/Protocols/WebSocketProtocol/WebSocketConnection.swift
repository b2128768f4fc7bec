/// An open WebSocket (RFC 6455) as a value: bytes from the peer go in, events and bytes for the
/// peer come out. It does no I/O, reads no clock and draws no random number of its own.
///
/// After each call, write what `takeOutput()` returns. Pings are answered and a closure is
/// confirmed by the connection itself. What it cannot do is wait: after `close` the caller ends the
/// socket when no `closed` event has come within its own deadline.
package struct WebSocketConnection: Sendable {
  package enum State: Sendable {
    /// Messages may be sent.
    case open
    /// We sent a Close frame, and the peer's is still to come. Messages may still arrive.
    case closing
    /// It is over: input is ignored, and nothing can be sent.
    case closed
  }

  package let role: WebSocketRole
  package let limits: WebSocketLimits
  package private(set) var state = State.open

  private var output: [UInt8] = []
  /// The latest pong, encoded, while older output waits beyond the limit for pongs.
  private var deferredPong: [UInt8] = []

  private var headerReader = FrameHeaderReader()
  /// The frame whose payload is arriving.
  private var frame: FrameHeader?
  private var frameBytesRead = 0
  private var controlPayload: [UInt8] = []
  private var message = IncomingMessage()

  /// A connection right after its handshake. Bytes that came after the handshake's head are the
  /// first to be handed to `receive`.
  package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) {
    self.role = role
    self.limits = limits
  }

  // MARK: - Output

  /// Hands out what is to be written, once; empty while there is nothing.
  package mutating func takeOutput() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &output)
    taken.append(contentsOf: deferredPong)
    deferredPong.removeAll()
    return taken
  }

  /// Queues a text message, in one frame. Throws `notOpen` once a closure has begun.
  package mutating func send(
    text: String, using generator: inout some RandomNumberGenerator
  ) throws(WebSocketSendError) {
    guard state == .open else { throw .notOpen }
    appendFrame(.text, text.utf8, using: &generator)
  }

  /// Queues a binary message, in one frame. Throws `notOpen` once a closure has begun.
  package mutating func send(
    binary: [UInt8], using generator: inout some RandomNumberGenerator
  ) throws(WebSocketSendError) {
    guard state == .open else { throw .notOpen }
    appendFrame(.binary, binary, using: &generator)
  }

  /// Queues a ping of at most 125 bytes; the peer's pong repeats them (section 5.5.2). Throws
  /// `controlPayloadTooLong`, and `notOpen` once a closure has begun.
  package mutating func ping(
    _ payload: [UInt8] = [], using generator: inout some RandomNumberGenerator
  ) throws(WebSocketSendError) {
    guard state == .open else { throw .notOpen }
    guard payload.count <= FrameHeader.maximumControlPayloadBytes else {
      throw .controlPayloadTooLong
    }
    appendFrame(.ping, payload, using: &generator)
  }

  /// Begins the closing handshake (section 7.1.2). The reason has at most 123 bytes of UTF-8. Does
  /// nothing when a closure has begun already. Throws `forbiddenCloseCode` or `reasonTooLong`.
  package mutating func close(
    _ code: WebSocketCloseCode = .normalClosure, reason: String = "",
    using generator: inout some RandomNumberGenerator
  ) throws(WebSocketSendError) {
    guard code.isAllowedOnWire else { throw .forbiddenCloseCode(code.rawValue) }
    guard reason.utf8.count <= FrameHeader.maximumControlPayloadBytes - 2 else {
      throw .reasonTooLong
    }
    guard state == .open else { return }
    appendClose(code, reason: reason, using: &generator)
    state = .closing
  }

  private mutating func appendClose(
    _ code: WebSocketCloseCode?, reason: String = "",
    using generator: inout some RandomNumberGenerator
  ) {
    var payload: [UInt8] = []
    if let code { payload.append(bigEndian: code.rawValue) }
    payload.append(contentsOf: reason.utf8)
    // A pong that waited belongs before the Close frame: nothing may follow it.
    output.append(contentsOf: deferredPong)
    deferredPong.removeAll()
    appendFrame(.close, payload, using: &generator)
  }

  private mutating func appendPong(
    _ payload: [UInt8], using generator: inout some RandomNumberGenerator
  ) {
    if output.count <= limits.maximumOutputBytesForEveryPong {
      appendFrame(.pong, payload, using: &generator)
    } else {
      deferredPong.removeAll(keepingCapacity: true)
      Frame.append(.pong, payload, maskingKey: maskingKey(using: &generator), to: &deferredPong)
    }
  }

  private mutating func appendFrame(
    _ opcode: Opcode, _ payload: some Collection<UInt8>,
    using generator: inout some RandomNumberGenerator
  ) {
    Frame.append(opcode, payload, maskingKey: maskingKey(using: &generator), to: &output)
  }

  private func maskingKey(using generator: inout some RandomNumberGenerator) -> MaskingKey? {
    role == .client ? MaskingKey(using: &generator) : nil
  }

  // MARK: - Input

  /// Takes bytes from the peer, cut anywhere, and returns what they mean, in order. Pongs, the
  /// answer to a Close frame and the Close frame of a failure go to the output; the generator draws
  /// their masks.
  package mutating func receive(
    _ bytes: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [WebSocketEvent] {
    var events: [WebSocketEvent] = []
    var position = 0
    do throws(WebSocketProtocolError) {
      while state != .closed, let header = try nextHeader(bytes, at: &position),
        try readPayload(of: header, from: bytes, at: &position)
      {
        frame = nil
        if let event = try finish(header, using: &generator) { events.append(event) }
      }
    } catch {
      if state == .open { appendClose(error.closeCode, using: &generator) }
      end()
      events.append(.failed(error))
    }
    return events
  }

  /// Takes note that the peer will send no more bytes, or that the socket broke. Reports 1006
  /// unless the connection had ended before (section 7.1.5).
  package mutating func receiveEOF() -> [WebSocketEvent] {
    guard state != .closed else { return [] }
    let initiator: WebSocketClosure.Initiator = state == .closing ? .local : .remote
    end()
    return [
      .closed(
        WebSocketClosure(code: .abnormalClosure, reason: "", initiator: initiator, isClean: false))
    ]
  }

  /// The header of the frame that is arriving, or of the next one.
  private mutating func nextHeader(
    _ bytes: [UInt8], at position: inout Int
  ) throws(WebSocketProtocolError) -> FrameHeader? {
    if let frame { return frame }
    let sender: WebSocketRole = role == .client ? .server : .client
    guard let header = try headerReader.read(bytes, at: &position, from: sender) else { return nil }
    if !header.opcode.isControl { try message.begin(header, limits: limits) }
    frame = header
    frameBytesRead = 0
    return header
  }

  /// Takes what there is of the payload; true once it is whole.
  private mutating func readPayload(
    of header: FrameHeader, from bytes: [UInt8], at position: inout Int
  ) throws(WebSocketProtocolError) -> Bool {
    let count = min(header.payloadBytes - frameBytesRead, bytes.count - position)
    if count > 0 {
      let piece = bytes[position..<position + count]
      if header.opcode.isControl {
        controlPayload.append(contentsOf: piece)
      } else {
        try message.append(piece, maskingKey: header.maskingKey, offset: frameBytesRead)
      }
      position += count
      frameBytesRead += count
    }
    return frameBytesRead == header.payloadBytes
  }

  private mutating func finish(
    _ header: FrameHeader, using generator: inout some RandomNumberGenerator
  ) throws(WebSocketProtocolError) -> WebSocketEvent? {
    guard header.opcode.isControl else { return header.isFinal ? try message.finish() : nil }
    var payload: [UInt8] = []
    swap(&payload, &controlPayload)
    payload.withUnsafeMutableBytes { header.maskingKey?.apply(to: $0, offset: 0) }
    switch header.opcode {
    case .ping:
      appendPong(payload, using: &generator)
      return .ping(payload)
    case .close:
      return .closed(try finishClosing(payload, using: &generator))
    default:
      return .pong(payload)
    }
  }

  private mutating func finishClosing(
    _ payload: [UInt8], using generator: inout some RandomNumberGenerator
  ) throws(WebSocketProtocolError) -> WebSocketClosure {
    let (code, reason) = try ClosePayload.decode(payload)
    let initiator: WebSocketClosure.Initiator = state == .closing ? .local : .remote
    if state == .open { appendClose(code, using: &generator) }
    end()
    return WebSocketClosure(
      code: code ?? .noStatusReceived, reason: reason, initiator: initiator, isClean: true)
  }

  /// Nothing will be read any more: what had arrived of a message is let go.
  private mutating func end() {
    state = .closed
    message = IncomingMessage()
    controlPayload = []
  }
}
