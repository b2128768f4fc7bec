import Synchronization

/// A thread that does blocking work, one piece after the other, in the order of its coming.
package final class WorkerThread: Sendable {
  private final class Queue: Sendable {
    struct State {
      var waiting: [@Sendable () -> Void] = []
      var isEnding = false
    }

    let state = Mutex(State())
    let news = Semaphore()

    /// Runs on the thread, for the whole of its life.
    func run() {
      while true {
        news.wait()
        let (work, isEnding) = state.withLock { state in
          defer { state.waiting = [] }
          return (state.waiting, state.isEnding)
        }
        for piece in work { piece() }
        if isEnding { return }
      }
    }
  }

  private let queue = Queue()

  /// - Parameter name: Shown by `top` and debuggers; Linux keeps the first 15 bytes.
  /// - Throws: `EventLoopError.system` when the system refuses another thread.
  package init(name: String) throws(EventLoopError) {
    let queue = queue
    try SystemThread.start(name: name) { queue.run() }
  }

  /// The thread ends after what was submitted; nobody waits for it.
  deinit {
    queue.state.withLock { $0.isEnding = true }
    queue.news.signal()
  }

  /// Has the thread do this, after everything submitted before. From any thread.
  package func submit(_ work: @escaping @Sendable () -> Void) {
    let isFirst = queue.state.withLock { state in
      state.waiting.append(work)
      return state.waiting.count == 1
    }
    if isFirst { queue.news.signal() }
  }
}
