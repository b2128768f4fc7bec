import Glibc

/// `Date` as HTTP spells it (RFC 9110, section 5.6.7).
enum HTTPDate {
  /// What the longest takes: `Wed, 25 Nov 2026 19:31:10 GMT` and a NUL.
  private static let maximumBytes = 30

  static func now() -> String {
    var seconds = time(nil)
    var fields = tm()
    gmtime_r(&seconds, &fields)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: maximumBytes) { text in
      guard let start = text.baseAddress,
        strftime(start, text.count, "%a, %d %b %Y %H:%M:%S GMT", &fields) > 0
      else { return "" }
      return String(cString: start)
    }
  }
}
