import WebSocketProtocol

/// Writes a frame byte by byte, well formed or not, without the code that is under test.
struct WireFrame {
  var firstByte: UInt8
  var payload: [UInt8] = []
  var mask: [UInt8]?
  /// The length as it is claimed, in place of the one that belongs there.
  var lengthBytes: [UInt8]?

  static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  /// A frame as the peer of `role` would send it: masked if it is for a server.
  init(_ firstByte: UInt8, _ payload: [UInt8] = [], to role: WebSocketRole = .client) {
    self.firstByte = firstByte
    self.payload = payload
    mask = role == .server ? Self.mask : nil
  }

  init(_ firstByte: UInt8, _ text: String, to role: WebSocketRole = .client) {
    self.init(firstByte, Array(text.utf8), to: role)
  }

  var bytes: [UInt8] {
    var length: [UInt8] =
      switch payload.count {
      case 0...125: [UInt8(payload.count)]
      case 126...0xFFFF: [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
      default:
        [127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
      }
    length = lengthBytes ?? length
    guard let mask else { return [firstByte] + length + payload }
    length[0] |= 0x80
    return [firstByte] + length + mask
      + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
  }

  func with(lengthBytes: [UInt8]) -> WireFrame {
    var frame = self
    frame.lengthBytes = lengthBytes
    return frame
  }
}

/// What stands in the first byte of a frame.
enum FirstByte {
  static let continuation: UInt8 = 0x00
  static let text: UInt8 = 0x01
  static let binary: UInt8 = 0x02
  static let lastContinuation: UInt8 = 0x80
  static let wholeText: UInt8 = 0x81
  static let wholeBinary: UInt8 = 0x82
  static let close: UInt8 = 0x88
  static let ping: UInt8 = 0x89
  static let pong: UInt8 = 0x8A
}
