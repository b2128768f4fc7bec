/// A SOCKS5 proxy that is given host names, not addresses (`socks5h`): so `.onion` names work, and
/// no lookup tells the local resolver where we go.
package struct SOCKSProxy: Hashable, Sendable {
  package let endpoint: Endpoint

  package init(endpoint: Endpoint) {
    self.endpoint = endpoint
  }
}

/// The client's side of RFC 1928 without authentication, as a value: bytes in, bytes out.
struct SOCKSHandshake {
  enum Step: Equatable {
    case needsMore
    case send([UInt8])
    /// The tunnel stands; the bytes after the reply belong to it.
    case done(rest: [UInt8])
  }

  private enum State {
    case awaitingMethod, awaitingReply
  }

  private static let version: UInt8 = 5
  private static let noAuthentication: UInt8 = 0
  private static let connectCommand: UInt8 = 1
  private static let succeeded: UInt8 = 0
  private enum AddressType {
    static let ipv4: UInt8 = 1
    static let name: UInt8 = 3
    static let ipv6: UInt8 = 4
  }

  /// RFC 1928, section 3: version, one method, none.
  static let greeting: [UInt8] = [version, 1, noAuthentication]

  private let request: [UInt8]
  private var state = State.awaitingMethod
  private var buffer: [UInt8] = []

  /// - Throws: `TransportError.proxy` when the name is longer than the 255 bytes that SOCKS has
  ///   room for.
  init(target: Endpoint) throws(TransportError) {
    let name = Array(target.host.utf8)
    guard (1...255).contains(name.count) else {
      throw .proxy(reason: "the host name is empty or longer than 255 bytes")
    }
    request =
      [Self.version, Self.connectCommand, 0, AddressType.name, UInt8(name.count)] + name
      + [UInt8(target.port >> 8), UInt8(target.port & 0xFF)]
  }

  /// - Throws: `TransportError.proxy` when the proxy refuses or does not speak SOCKS5.
  mutating func receive(_ bytes: [UInt8]) throws(TransportError) -> Step {
    buffer += bytes
    switch state {
    case .awaitingMethod:
      guard buffer.count >= 2 else { return .needsMore }
      guard buffer[0] == Self.version else { throw .proxy(reason: "it does not speak SOCKS5") }
      guard buffer[1] == Self.noAuthentication else {
        throw .proxy(reason: "it demands authentication, which is not supported")
      }
      // Whatever follows would be an answer to a question not yet asked.
      guard buffer.count == 2 else { throw .proxy(reason: "it spoke out of turn") }
      buffer = []
      state = .awaitingReply
      return .send(request)
    case .awaitingReply:
      return try receiveReply()
    }
  }

  /// RFC 1928, section 6: version, reply, reserved, and an address whose length depends on its
  /// type.
  private func receiveReply() throws(TransportError) -> Step {
    guard buffer.count >= 5 else { return .needsMore }
    guard buffer[0] == Self.version else { throw .proxy(reason: "it does not speak SOCKS5") }
    guard buffer[1] == Self.succeeded else { throw .proxy(reason: Self.words(for: buffer[1])) }
    let addressBytes: Int
    switch buffer[3] {
    case AddressType.ipv4: addressBytes = 4
    case AddressType.ipv6: addressBytes = 16
    case AddressType.name: addressBytes = 1 + Int(buffer[4])
    default: throw .proxy(reason: "its reply has an unknown type of address")
    }
    let length = 4 + addressBytes + 2
    return buffer.count < length ? .needsMore : .done(rest: Array(buffer[length...]))
  }

  private static func words(for reply: UInt8) -> String {
    switch reply {
    case 1: "general failure (for an .onion name: the service may be offline)"
    case 2: "its rules forbid the connection"
    case 3: "the network is unreachable"
    case 4: "the host is unreachable, or the name unknown"
    case 5: "the host refused the connection"
    case 6: "the connection timed out on the way"
    case 7: "it cannot connect"
    case 8: "it does not know this type of address"
    default: "reply \(reply)"
    }
  }
}
