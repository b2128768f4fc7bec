import BridgeModel

/// What a driver needs of the bridge around it. Called on the loop, answered at once.
protocol SourceSupport: AnyObject, Sendable {
  /// What the store knows of a wallet.
  func book(for identity: BookIdentity) throws(SourceSupportError) -> StoredBook?
  /// Writes a commit down, then calls `committed`, once, then tells everyone.
  ///
  /// - Throws: when nothing was written; `committed` has not been called then.
  func publish(
    _ commit: Commit, from source: String, committed: @Sendable () -> Void
  ) throws(SourceSupportError)
  /// Covers our secrets in what a source says; asked for each time, for keys are replaced.
  var secretMask: SecretMask { get }
  /// State, reason or next retry of this source changed.
  func stateChanged(of source: String)
}

/// The store could not do it; the words are for people.
struct SourceSupportError: Error, Sendable {
  var message: String
}
