import BridgeModel

/// Deadlines and limits of one source's traffic.
struct UpstreamOptions: Sendable, Hashable {
  /// From the moment a request may go until its answer is whole; also for the opening of a socket.
  var requestTimeout: Duration
  /// Of a socket's message, and of a response's body.
  var maximumMessageBytes: Int
}
