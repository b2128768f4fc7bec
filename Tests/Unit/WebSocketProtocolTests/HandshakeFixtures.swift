import WebSocketProtocol

/// A generator that repeats the given bytes, one for each number that is drawn.
struct ScriptedGenerator: RandomNumberGenerator {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func next() -> UInt64 {
    defer { index += 1 }
    return UInt64(bytes[index % bytes.count])
  }
}

/// The handshake of RFC 6455, section 1.3.
enum StandardExample {
  static let nonce = "the sample nonce"
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// SHA-1 of the one text that the example needs; zeros for any other.
  static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes == Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8) else {
      return [UInt8](repeating: 0, count: 20)
    }
    return [
      0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f, 0x16, 0x90, 0xf6, 0x46, 0x06, 0xcf, 0x38, 0x59,
      0x45, 0xb2, 0xbe, 0xc4, 0xea,
    ]
  }

  static func client(
    extraHeaders: HandshakeHeaders = [:], limits: HandshakeLimits = HandshakeLimits()
  ) throws(HandshakeError) -> ClientHandshake {
    var generator = ScriptedGenerator(nonce)
    return try ClientHandshake(
      host: "server.example.com", target: "/chat", extraHeaders: extraHeaders, limits: limits,
      using: &generator, sha1: sha1)
  }

  static let response =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"

  static let request =
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
    + "Connection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n\r\n"
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
