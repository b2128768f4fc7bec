import Glibc

/// What will stop the store before long, though it still writes: for status, readiness and metrics.
package struct StoreHealth: Sendable, Hashable {
  /// A file system with less space than this is about to be full: the log beside the store alone
  /// may take 32 MiB before a checkpoint, and a checkpoint needs as much again.
  package static let lowSpaceBytes: Int64 = 128 << 20

  /// What an ordinary user may still write on the store's file system; nil where it cannot be
  /// asked.
  package let freeBytes: Int64?
  /// Why the last checkpoint or sync beside the appends failed; nil when it did not.
  package let upkeepFailure: StoreError?

  package init(freeBytes: Int64?, upkeepFailure: StoreError?) {
    self.freeBytes = freeBytes
    self.upkeepFailure = upkeepFailure
  }

  /// For people, with what to do; nil while all is well.
  package var warning: String? {
    if let upkeepFailure { return upkeepFailure.description }
    guard let freeBytes, freeBytes < Self.lowSpaceBytes else { return nil }
    return "the store's disk has \(freeBytes >> 20) MiB left: make room, "
      + "or move the store ([storage] path); a full disk stops what is published"
  }

  /// The C function is `statvfs`.
  static func freeBytes(at path: String) -> Int64? {
    var system = statvfs()
    guard statvfs(path, &system) == 0 else { return nil }
    let (bytes, overflows) = Int64(clamping: system.f_bavail)
      .multipliedReportingOverflow(by: Int64(clamping: system.f_frsize))
    return overflows ? .max : bytes
  }
}
