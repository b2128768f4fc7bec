/// How much of a response is accepted. Whatever is longer is an error, not a reason to go on
/// buffering: the server may be anybody.
package struct HTTPResponseLimits: Sendable, Equatable {
  /// The status line, in bytes with its line end.
  package var maximumStatusLineBytes = 4 * 1024
  /// One header or trailer line, in bytes with its line end.
  package var maximumHeaderLineBytes = 16 * 1024
  /// How many header fields one head may have.
  package var maximumHeaderCount = 100
  /// All header lines of one head together, in bytes with their line ends.
  package var maximumHeaderBytes = 64 * 1024
  /// The body, in bytes, after the transfer coding is taken off.
  package var maximumBodyBytes: Int
  /// All chunk extensions of a body together, in bytes. Nobody uses them; without a limit a byte
  /// of body can cost a line of them.
  package var maximumChunkExtensionBytes = 4 * 1024
  /// How many fields may stand behind a chunked body.
  package var maximumTrailerCount = 32
  /// All trailer lines together, in bytes with their line ends.
  package var maximumTrailerBytes = 8 * 1024
  /// How many interim (1xx) responses may come before the final one.
  package var maximumInterimResponses = 8

  /// Makes the usual limits round a body of at most that many bytes. The caller knows what it asked
  /// for, so this one has no default.
  package init(maximumBodyBytes: Int) {
    self.maximumBodyBytes = maximumBodyBytes
  }
}
