/// What one opening handshake may cost.
package struct HandshakeLimits: Equatable, Sendable {
  /// The start line and the header fields together, in bytes; for a client those of all interim
  /// responses too.
  package var maximumHeadBytes: Int
  /// How many header fields one message may have.
  package var maximumHeaderFields: Int
  /// How much of the body of a refusal is kept, in bytes. The rest is not waited for.
  package var maximumRefusalBodyBytes: Int

  package init(
    maximumHeadBytes: Int = 16 * 1024,
    maximumHeaderFields: Int = 100,
    maximumRefusalBodyBytes: Int = 16 * 1024
  ) {
    self.maximumHeadBytes = maximumHeadBytes
    self.maximumHeaderFields = maximumHeaderFields
    self.maximumRefusalBodyBytes = maximumRefusalBodyBytes
  }
}
