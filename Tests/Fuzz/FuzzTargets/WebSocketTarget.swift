import TestSupport
import WebSocketProtocol

private let limits = WebSocketLimits(maximumFramePayloadBytes: 2048, maximumMessageBytes: 4096)

/// What a peer sends, from its handshake on. The first byte picks the part that it is sent to.
func fuzzWebSocket(_ input: [UInt8]) {
  guard let choice = input.first else { return }
  let bytes = Array(input.dropFirst())
  switch choice % 4 {
  case 0: fuzzFrames(bytes, role: .client)
  case 1: fuzzFrames(bytes, role: .server)
  case 2: fuzzClientHandshake(bytes)
  default: fuzzServerHandshake(bytes)
  }
}

/// However the bytes are cut, the same happens, and no message is longer than allowed.
private func fuzzFrames(_ bytes: [UInt8], role: WebSocketRole) {
  let whole = events(of: [bytes], role: role)
  precondition(whole == events(of: pieces(of: bytes), role: role), "pieces make a difference")
  for event in whole {
    switch event {
    case .text(let text): precondition(text.utf8.count <= limits.maximumMessageBytes)
    case .binary(let bytes): precondition(bytes.count <= limits.maximumMessageBytes)
    default: break
    }
  }
}

private func events(of pieces: [[UInt8]], role: WebSocketRole) -> [WebSocketEvent] {
  var random = SeededGenerator(seed: 1)
  var connection = WebSocketConnection(role: role, limits: limits)
  var events: [WebSocketEvent] = []
  for piece in pieces {
    events += connection.receive(piece, using: &random)
    _ = connection.takeOutput()
  }
  return events + connection.receiveEOF()
}

private func fuzzClientHandshake(_ bytes: [UInt8]) {
  var random = SeededGenerator(seed: 1)
  // A constant in the hash's place, so that an input can hold the right answer to the key.
  guard
    var handshake = try? ClientHandshake(
      host: "lnbits.example", target: "/api/v1/ws/key", using: &random,
      sha1: { _ in [UInt8](repeating: 0, count: 20) })
  else { preconditionFailure("the request is sound") }
  for piece in pieces(of: bytes) {
    guard case .needsMore? = try? handshake.receive(piece) else { return }
  }
}

private func fuzzServerHandshake(_ bytes: [UInt8]) {
  var handshake = ServerHandshake()
  for piece in pieces(of: bytes) {
    do {
      guard let request = try handshake.receive(piece) else { continue }
      _ = try? request.accepting { _ in [UInt8](repeating: 0, count: 20) }
    } catch {
      _ = HandshakeResponse.refusing(error)
    }
    return
  }
}
