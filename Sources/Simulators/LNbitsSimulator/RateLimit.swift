/// LNbits' rate limit: so many requests a minute for each address and path, over all keys. The
/// minute begins with the first request in it.
struct RateLimit: Sendable {
  private struct Key: Hashable {
    let address: String
    let path: String
  }

  private struct Window {
    let ends: Duration
    var count: Int
  }

  static let window = Duration.seconds(60)

  private var windows: [Key: Window] = [:]

  /// Counts a request. False when it is one too many.
  mutating func admits(address: String, path: String, limit: Int, at now: Duration) -> Bool {
    let key = Key(address: address, path: path)
    var window = windows[key] ?? Window(ends: now + Self.window, count: 0)
    if window.ends <= now { window = Window(ends: now + Self.window, count: 0) }
    window.count += 1
    windows[key] = window
    return window.count <= limit
  }
}
