/// The payload of a Close frame: nothing, or a code and then a reason (RFC 6455, section 5.5.1).
enum ClosePayload {
  static func decode(
    _ payload: [UInt8]
  ) throws(WebSocketProtocolError) -> (code: WebSocketCloseCode?, reason: String) {
    guard !payload.isEmpty else { return (nil, "") }
    guard payload.count >= 2 else { throw .truncatedCloseCode }
    let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.isAllowedOnWire else { throw .forbiddenCloseCode(code.rawValue) }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .invalidUTF8 }
    return (code, reason)
  }
}
