/// How much a connection takes from its socket at once: little as a rule, and more where more
/// comes.
///
/// A frame is a kilobyte, and a page of payments a hundred. To have room for the largest each time
/// would cost the allocator's slow path with each frame.
struct ReceiveSize {
  private static let least = 4 * 1024
  private static let most = 64 * 1024
  private static let step = 4

  private(set) var bytes = least

  /// That many were there, at most as many as there was room for.
  mutating func note(_ count: Int) {
    if count == bytes {
      bytes = min(bytes * Self.step, Self.most)
    } else if count < bytes / Self.step {
      bytes = max(bytes / Self.step, Self.least)
    }
  }
}
