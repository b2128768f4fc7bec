import EventLoop
import LNbitsSimulator
import Transport
import WebSocketProtocol

/// A plain TCP connection to the simulated server, for tests: bytes out, bytes in, the end.
final class Wire: Sendable {
  let connection: Connection
  private let loop: EventLoop
  private let events: AsyncStream<ConnectionEvent>

  init(port: UInt16, loop: EventLoop) {
    self.loop = loop
    let connection = Connection(
      to: Endpoint(host: "127.0.0.1", port: port), options: ConnectionOptions(), on: loop)
    self.connection = connection
    let (events, continuation) = AsyncStream.makeStream(of: ConnectionEvent.self)
    self.events = events
    loop.execute {
      connection.open { event in
        continuation.yield(event)
        if case .closed = event { continuation.finish() }
      }
    }
  }

  /// Waits until it is open. False when it could not be opened.
  func open() async -> Bool {
    for await event in events {
      if case .opened = event { return true }
      if case .closed = event { return false }
    }
    return false
  }

  func send(_ bytes: [UInt8]) {
    loop.execute { [connection] in connection.send(bytes) }
  }

  /// The next bytes; nil once the other side has closed.
  func receive() async -> [UInt8]? {
    for await event in events {
      if case .received(let bytes) = event { return bytes }
      if case .closed = event { return nil }
    }
    return nil
  }

  func close() {
    loop.execute { [connection] in connection.abort() }
  }
}

/// What came back for a request.
struct WireResponse {
  var status: Int
  var head: String
  var body: [UInt8]

  var json: JSONValue { JSONValue(parsing: body) ?? nil }
}

extension Wire {
  /// Sends a request and reads its answer; nil when the connection ended without one. The
  /// connection stays open.
  func request(
    _ method: String, _ target: String, headers: [String: String] = [:], body: JSONValue? = nil
  ) async -> WireResponse? {
    send(Self.bytes(method, target, headers: headers, body: body))
    return await response()
  }

  static func bytes(
    _ method: String, _ target: String, headers: [String: String] = [:], body: JSONValue? = nil
  ) -> [UInt8] {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    let content = body.map { Array($0.text().utf8) } ?? []
    if body != nil {
      text += "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n"
    }
    return Array((text + "\r\n").utf8) + content
  }

  /// Reads one answer. What comes after it is lost: tests ask one thing at a time.
  func response() async -> WireResponse? {
    var text: [UInt8] = []
    while true {
      if let answer = Self.parse(text) { return answer }
      guard let more = await receive() else { return nil }
      text += more
    }
  }

  private static func parse(_ bytes: [UInt8]) -> WireResponse? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    let lines = head.split(separator: "\r\n")
    let length = lines.first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
    guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
      let length, bytes.count - end.upperBound >= length
    else { return nil }
    return WireResponse(
      status: status, head: head, body: Array(bytes[end.upperBound...].prefix(length)))
  }
}

/// A listener on the simulated server's WebSocket, through our own client role.
actor Listener {
  private let wire: Wire
  private var webSocket = WebSocketConnection(role: .client)
  private var waiting: [WebSocketEvent] = []
  private var random = SeededRandom(seed: 4)

  private init(_ wire: Wire) {
    self.wire = wire
  }

  /// Opens a WebSocket; nil when the server refuses.
  static func open(_ target: String, port: UInt16, loop: EventLoop) async throws -> Listener? {
    let wire = Wire(port: port, loop: loop)
    guard await wire.open() else { return nil }
    var random = SeededRandom(seed: 3)
    var handshake = try ClientHandshake(
      host: "localhost", target: target, using: &random, sha1: Cryptography.sha1)
    wire.send(handshake.request)
    while let bytes = await wire.receive() {
      switch try handshake.receive(bytes) {
      case .needsMore: continue
      case .refused: return nil
      case .upgraded(let leftover):
        let listener = Listener(wire)
        await listener.take(leftover)
        return listener
      }
    }
    return nil
  }

  /// The next event; `closed` with 1006 where the server went without a Close frame. Pings count as
  /// events.
  func next() async -> WebSocketEvent? {
    while waiting.isEmpty {
      guard let bytes = await wire.receive() else {
        waiting = webSocket.receiveEOF()
        break
      }
      take(bytes)
    }
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }

  /// The next text, as JSON.
  func nextFrame() async -> JSONValue? {
    while let event = await next() {
      if case .text(let text) = event { return JSONValue(parsing: text.utf8) }
      if case .closed = event { return nil }
    }
    return nil
  }

  /// The code of the server's Close frame, 1006 without one.
  func closeCode() async -> UInt16? {
    while let event = await next() {
      if case .closed(let closure) = event { return closure.code.rawValue }
    }
    return nil
  }

  func send(binary: [UInt8]) throws {
    try webSocket.send(binary: binary, using: &random)
    wire.send(webSocket.takeOutput())
  }

  func close() {
    wire.close()
  }

  private func take(_ bytes: [UInt8]) {
    waiting += webSocket.receive(bytes, using: &random)
    let output = webSocket.takeOutput()
    if !output.isEmpty { wire.send(output) }
  }
}
