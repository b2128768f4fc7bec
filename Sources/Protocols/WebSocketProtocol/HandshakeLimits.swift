/// What one opening handshake may cost.
package struct HandshakeLimits: Equatable, Sendable {
  /// The start line and the header fields together, in bytes; for a client those of all interim
  /// responses too.
  package var maximumHeadBytes: Int
  /// How many header fields one message may have.
  package var maximumHeaderFields: Int

  package init(
    maximumHeadBytes: Int = 16 * 1024,
    maximumHeaderFields: Int = 100
  ) {
    self.maximumHeadBytes = maximumHeadBytes
    self.maximumHeaderFields = maximumHeaderFields
  }
}
