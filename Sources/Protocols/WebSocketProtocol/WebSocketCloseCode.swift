/// The status code of a closure (RFC 6455, section 7.4, and IANA's registry of close codes).
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The purpose of the connection is fulfilled.
  package static let normalClosure = WebSocketCloseCode(rawValue: 1000)
  /// The peer broke the protocol.
  package static let protocolError = WebSocketCloseCode(rawValue: 1002)
  /// Never on the wire: the peer's Close frame held no code.
  package static let noStatusReceived = WebSocketCloseCode(rawValue: 1005)
  /// Never on the wire: the connection ended without a Close frame.
  package static let abnormalClosure = WebSocketCloseCode(rawValue: 1006)
  /// A message holds data that does not fit its type, such as text that is not UTF-8.
  package static let invalidPayload = WebSocketCloseCode(rawValue: 1007)
  /// A message is larger than the receiver accepts.
  package static let messageTooBig = WebSocketCloseCode(rawValue: 1009)
  /// The server met a condition that it did not expect.
  package static let internalError = WebSocketCloseCode(rawValue: 1011)
  /// The server restarts (IANA).
  package static let serviceRestart = WebSocketCloseCode(rawValue: 1012)
  /// A gateway's upstream gave an invalid answer (IANA).
  package static let badGateway = WebSocketCloseCode(rawValue: 1014)

  /// Whether a Close frame may carry the code: those registered for the wire, and 3000 to 4999 for
  /// libraries and applications. 1004, 1005, 1006 and 1015 are reserved, the rest is undefined.
  package var isAllowedOnWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
