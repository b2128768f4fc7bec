/// Answers requests and feeds streams.
///
/// All of it is called on the server's loop, from within the server's turn: it returns soon, never
/// waits, and may call `resume` but no other method of the server.
package protocol HTTPHandler: Sendable {
  /// Called once for each request that is well-formed, when its body has been read.
  func respond(to request: HTTPRequest) -> HTTPReply

  /// Asks for the next bytes of a stream, at most `buffer.capacity`. An event that doesn't fit is
  /// continued in the next call.
  ///
  /// After `.wait` it is called again once the stream has been resumed. While the server stops,
  /// `.wait` is taken for `.end`: what is there is delivered first.
  func fill(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill

  /// Called exactly once for each stream that was opened, whatever ended it. The name may be given
  /// to another stream afterwards only with another `generation`.
  func streamClosed(_ stream: StreamID)

  /// A client has begun a TLS handshake, where only plain HTTP is spoken; its connection is closed.
  func refusedTLS(from client: HTTPEndpoint)

  /// The response to a request that is refused: the hook that gives all refusals one format.
  func response(to refusal: HTTPRefusal) -> HTTPResponse
}

extension HTTPHandler {
  package func refusedTLS(from client: HTTPEndpoint) {}

  /// `application/problem+json` (RFC 9457).
  package func response(to refusal: HTTPRefusal) -> HTTPResponse { refusal.problem }
}

/// What `HTTPHandler.fill` did.
package enum StreamFill: Sendable, Equatable {
  /// That many bytes were written, at least one: the stream goes on.
  case bytes(Int)
  /// There is nothing to send until the stream is resumed.
  case wait
  /// The stream ends here.
  case end
}

/// A name for one stream of a server.
package struct StreamID: Sendable, Hashable {
  /// Its place: 0..<`maximumConnections`, taken again by other streams after this one. Dense, so
  /// that it can index an array.
  package let index: UInt32
  /// Tells apart the streams that have had the same place.
  package let generation: UInt32

  package init(index: UInt32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }
}
