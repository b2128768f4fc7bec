package import EventLoop

/// Work that may keep its thread for as long as a network's file system hangs: on a thread of its
/// own, which neither the bridge's loop nor a stop waits for.
package enum BackgroundWork {
  /// Runs `work` and hands its result to `completion`, on the new thread.
  ///
  /// - Throws: when the system refuses another thread.
  package static func start<Value: Sendable>(
    _ name: String, _ work: @escaping @Sendable () -> Value,
    completion: @escaping @Sendable (Value) -> Void
  ) throws(EventLoopError) {
    try SystemThread.start(name: name) { completion(work()) }
  }

  /// Runs `work` and waits for its result. Cancelled, it waits no longer, and the thread is left to
  /// itself.
  ///
  /// - Returns: nil when the task was cancelled first.
  /// - Throws: when the system refuses another thread.
  package static func value<Value: Sendable>(
    _ name: String, _ work: @escaping @Sendable () -> Value
  ) async throws(EventLoopError) -> Value? {
    let (results, continuation) = AsyncStream.makeStream(of: Value.self)
    try start(name, work) { value in
      continuation.yield(value)
      continuation.finish()
    }
    // The iteration ends with nil when the task is cancelled.
    return await results.first { _ in true }
  }
}
