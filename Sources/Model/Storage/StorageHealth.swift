/// What will stop the store before long, though it still writes: for status, readiness and metrics.
package struct StorageHealth: Sendable, Hashable {
  /// A disk with less space than this is about to be full: the log beside the store alone may take
  /// 32 MiB before a checkpoint, and a checkpoint needs as much again.
  package static let lowSpaceBytes: Int64 = 128 << 20

  /// What may still be written on the store's disk; nil where it cannot be asked.
  package var freeBytes: Int64?
  /// What the store takes there; nil where it cannot be asked.
  package var sizeBytes: Int64?
  /// Why the last work beside the writes failed; nil when it did not.
  package var failure: StorageError?

  package init(
    freeBytes: Int64? = nil, sizeBytes: Int64? = nil, failure: StorageError? = nil
  ) {
    self.freeBytes = freeBytes
    self.sizeBytes = sizeBytes
    self.failure = failure
  }

  /// For people, with what to do; nil while all is well.
  package var warning: String? {
    if let failure { return failure.description }
    guard let freeBytes, freeBytes < Self.lowSpaceBytes else { return nil }
    return "the store's disk has \(freeBytes >> 20) MiB left: make room, "
      + "or move the store ([storage] path); a full disk stops what is published"
  }
}
