import BridgeModel

/// Elements of a mint's lists that could not be read. Each is counted when it appears, and once
/// more only when it could be read in between: one that stands is not counted at each poll.
struct SkippedElements: Sendable {
  enum Element: Sendable, Hashable {
    /// What the mint says of one watch, by either path.
    case watch(WatchHandle)
    /// One that names no quote and no proof, in an answer about this kind.
    case nameless(WatchKind)
    /// Of the lists in `GET /v1/info`.
    case info
  }

  /// Since the start of the process.
  private(set) var total = 0
  /// How many of each there are at present. Bounded by the watches of the mint.
  private var standing: [Element: Int] = [:]
  private var latest: Element?

  mutating func skip(_ element: Element, count: Int = 1) {
    let known = standing[element] ?? 0
    total += max(0, count - known)
    standing[element] = count
    latest = element
  }

  /// It was read, or is over.
  mutating func clear(_ element: Element) {
    guard standing.removeValue(forKey: element) != nil else { return }
    if latest == element { latest = standing.keys.first }
  }

  /// Names one of those that stand, by its handle: never by a quote's id. Nil where there are none.
  var message: String? {
    switch latest {
    case .watch(let handle): "what the mint says of \(handle.text) could not be read"
    case .nameless(let kind): "the mint's answer about \(kind.rawValue) names no quote or proof"
    case .info: "a part of the mint's lists in /v1/info could not be read"
    case nil: nil
    }
  }
}
