import Transport
import WebSocketProtocol

/// One connection to the fuzzing server, from the first byte of the handshake to the closure. It
/// sends every message back, which is what the suite asks of a client under test.
struct EchoSession: Sendable {
  private enum Phase: Sendable {
    case opening(ClientHandshake)
    case open(WebSocketConnection)
    case finished
  }

  /// The first text that the server sent: its answer, where it was asked something.
  private(set) var firstText: String?
  /// Why there was no WebSocket. How one ends is the suite's to judge.
  private(set) var failure: AutobahnFailure?
  private var phase: Phase
  private var output: [UInt8]
  private var generator = SystemRandom()

  /// Write what is left of the output, then close the socket.
  var isFinished: Bool {
    if case .finished = phase { true } else { false }
  }

  /// `target` names what the server is to do: `/runCase?case=1&agent=me`.
  init(host: String, target: String) throws(HandshakeError) {
    let handshake = try ClientHandshake(
      host: host, target: target, using: &generator, sha1: Cryptography.sha1)
    output = handshake.request
    phase = .opening(handshake)
  }

  mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  mutating func receive(_ bytes: [UInt8]) {
    switch phase {
    case .opening(var handshake):
      do {
        switch try handshake.receive(bytes) {
        case .needsMore:
          phase = .opening(handshake)
        case .upgraded(let leftover):
          // Section 9 has messages of exactly 16 MiB, which is the default limit.
          phase = .open(WebSocketConnection(role: .client))
          receive(leftover)
        case .refused(let refusal):
          fail("the handshake was refused with \(refusal.statusCode)")
        }
      } catch {
        fail("the handshake failed: \(error)")
      }
    case .open(var connection):
      // Let go of the first copy: it would make each change copy the message that is arriving.
      phase = .finished
      let events = connection.receive(bytes, using: &generator)
      echo(events, on: &connection)
      output += connection.takeOutput()
      if connection.state != .closed { phase = .open(connection) }
    case .finished:
      break
    }
  }

  /// Takes note that the server ended the connection.
  mutating func receiveEOF() {
    if case .opening = phase { fail("no WebSocket was opened") }
    if case .open(var connection) = phase { _ = connection.receiveEOF() }
    phase = .finished
  }

  private mutating func echo(_ events: [WebSocketEvent], on connection: inout WebSocketConnection) {
    for event in events {
      do {
        switch event {
        case .text(let text):
          if firstText == nil { firstText = text }
          try connection.send(text: text, using: &generator)
        case .binary(let bytes):
          try connection.send(binary: bytes, using: &generator)
        case .ping, .pong, .closed, .failed:
          break
        }
      } catch {
        // Messages that came together with the server's Close frame need no answer any more.
        continue
      }
    }
  }

  private mutating func fail(_ reason: String) {
    failure = AutobahnFailure(reason)
    phase = .finished
  }
}
