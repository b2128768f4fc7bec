/// What one connection may cost. A frame or a message of exactly the limit is accepted; one byte
/// more fails the connection with 1009, as soon as the frame's header announces it.
package struct WebSocketLimits: Equatable, Sendable {
  /// The longest payload of one frame, in bytes.
  package var maximumFramePayloadBytes: Int
  /// The longest message, all its fragments together, in bytes.
  package var maximumMessageBytes: Int
  /// How many bytes of output may wait before pings are no longer answered one by one. Beyond it
  /// only the latest ping is (RFC 6455, section 5.5.3), so a flood of pings to a caller whose
  /// socket does not drain costs no memory.
  package var maximumOutputBytesForEveryPong: Int

  package static let defaultMaximumMessageBytes = 16 * 1024 * 1024
  package static let defaultMaximumOutputBytesForEveryPong = 64 * 1024

  package init(
    maximumFramePayloadBytes: Int = defaultMaximumMessageBytes,
    maximumMessageBytes: Int = defaultMaximumMessageBytes,
    maximumOutputBytesForEveryPong: Int = defaultMaximumOutputBytesForEveryPong
  ) {
    self.maximumFramePayloadBytes = maximumFramePayloadBytes
    self.maximumMessageBytes = maximumMessageBytes
    self.maximumOutputBytesForEveryPong = maximumOutputBytesForEveryPong
  }
}
