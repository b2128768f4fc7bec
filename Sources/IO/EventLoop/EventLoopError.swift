/// Why the event loop could not do what it was asked.
package enum EventLoopError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A system call failed: its name and `errno`.
  case system(call: String, code: CInt)
  /// The descriptor has a handler already; `unwatch` it first.
  case alreadyWatched(CInt)
  /// The descriptor has no handler; `watch` it first.
  case notWatched(CInt)
  /// The loop has been shut down; make another one.
  case stopped

  package var description: String {
    switch self {
    case .system(let call, let code): "\(call) failed: \(systemErrorText(code))"
    case .alreadyWatched(let descriptor): "descriptor \(descriptor) is watched already"
    case .notWatched(let descriptor): "descriptor \(descriptor) is not watched"
    case .stopped: "the event loop has been shut down"
    }
  }
}
