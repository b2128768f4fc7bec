import BridgeModel

/// What a driver needs of the bridge around it. Called on the loop, and answered on it, later.
protocol SourceSupport: AnyObject, Sendable {
  /// What the store knows of a wallet.
  func loadBook(
    _ identity: BookIdentity,
    completion: @escaping @Sendable (Result<StoredBook?, SourceSupportError>) -> Void)
  /// Writes a commit down, tells `completion`, and only then everyone. With an error nothing was
  /// written. The source is told within the completion, but nothing of what it wants then is
  /// carried out: that comes after everyone has been told.
  func append(
    _ commit: Commit, from source: String,
    completion: @escaping @Sendable (SourceSupportError?) -> Void)
  /// Covers our secrets in what a source says; asked for each time, for keys are replaced.
  var secretMask: SecretMask { get }
  /// State, reason or next retry of this source changed.
  func stateChanged(of source: String)
}

/// The store could not do it; the words are for people.
struct SourceSupportError: Error, Sendable {
  var message: String
}
