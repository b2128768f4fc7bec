import TestSupport
import WebSocketProtocol

/// A connection with a generator of its own.
struct TestPeer {
  var connection: WebSocketConnection
  var generator = SeededGenerator(seed: 6455)

  init(_ role: WebSocketRole = .client, limits: WebSocketLimits = WebSocketLimits()) {
    connection = WebSocketConnection(role: role, limits: limits)
  }

  mutating func receive(_ bytes: [UInt8]) -> [WebSocketEvent] {
    connection.receive(bytes, using: &generator)
  }

  mutating func receive(_ frames: WireFrame...) -> [WebSocketEvent] {
    receive(frames.flatMap(\.bytes))
  }
}
