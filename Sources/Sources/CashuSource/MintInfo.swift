import BridgeModel

/// What a mint says it can do (NUT-06).
struct MintInfo: Sendable, Hashable {
  var name: String?
  /// Such as `Nutshell/0.19.2`.
  var version: String?
  /// Kinds that NUT-17 is advertised for; empty: not at all.
  var subscribable: Set<WatchKind>
  /// Payment methods whose mint quotes NUT-29 checks in batches.
  var batchable: Set<String>
  var largestBatch: Int?
  /// Elements of these lists that are none.
  var unreadable = 0

  /// Nutmix may end a connection, or itself, over a subscription that differs from another only by
  /// its subId.
  var isKnownToDislikeProbes: Bool {
    version?.lowercased().hasPrefix("nutmix") == true
  }

  /// How many of a kind fit in one question.
  func batchSize(of kind: WatchKind) -> Int {
    switch kind {
    case .proofState: Self.largestBatch
    case .bolt11MintQuote where batchable.contains("bolt11"),
      .bolt12MintQuote where batchable.contains("bolt12"):
      min(max(largestBatch ?? Self.largestBatch, 1), Self.largestBatch)
    default: 1
    }
  }

  /// Keeps a question within 10 kB.
  static let largestBatch = 100
}
