import Glibc

/// The limit on open descriptors (`RLIMIT_NOFILE`).
enum DescriptorLimit {
  /// Raises the soft limit to `needed` where it is lower, as far as the hard limit allows.
  ///
  /// - Returns: How many descriptors the process may have open now.
  static func raise(to needed: Int) -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return needed }
    if limit.rlim_cur < rlim_t(needed) {
      let previous = limit.rlim_cur
      limit.rlim_cur = min(rlim_t(needed), limit.rlim_max)
      if setrlimit(resource, &limit) != 0 { limit.rlim_cur = previous }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
