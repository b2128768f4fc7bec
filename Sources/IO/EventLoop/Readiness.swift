extension EventLoop {
  /// What a handler wants to hear of. Level-triggered: it is called again for as long as the
  /// condition holds.
  ///
  /// With an empty interest nothing is reported, a hang-up included.
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There are bytes to read, a connection to accept, or the other side has finished writing.
    package static let read = Interest(rawValue: 1)
    /// There is room to write, or a connection attempt has ended.
    package static let write = Interest(rawValue: 2)
  }

  /// What the kernel reported. `hangUp` and `error` come unasked with any interest that is not
  /// empty, and come again until the handler closes, unwatches or empties its interest.
  package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reading will not block.
    package static let read = Readiness(rawValue: 1)
    /// Writing will not block.
    package static let write = Readiness(rawValue: 2)
    /// Both directions are closed.
    package static let hangUp = Readiness(rawValue: 4)
    /// The descriptor has an error; for a socket `SO_ERROR` says which.
    package static let error = Readiness(rawValue: 8)
  }
}
