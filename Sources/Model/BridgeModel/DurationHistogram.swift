/// How long something took, each time, in buckets: what a Prometheus histogram tells.
package struct DurationHistogram: Sendable, Hashable {
  /// Upper bounds of the buckets, smallest first; beyond the last there is one more without a
  /// bound.
  package static let bounds: [Duration] = [
    .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
    .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2500), .seconds(5),
    .seconds(10), .seconds(30), .seconds(60),
  ]

  /// How many fell into each bucket alone, the one without a bound last.
  package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  package private(set) var sum: Duration = .zero

  package init() {}

  /// - Parameter duration: less than nothing, as clocks that differ may tell, counts as nothing.
  package mutating func add(_ duration: Duration) {
    let duration = max(.zero, duration)
    counts[Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count] += 1
    sum += duration
  }
}
