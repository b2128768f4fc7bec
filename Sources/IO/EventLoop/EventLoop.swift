import CLinux
import DequeModule
import Glibc
import Synchronization

/// One epoll thread that is also a `SerialExecutor`. Actors that live on it return it as
/// `unownedExecutor`; their callbacks enter with `assumeIsolated`.
///
/// Each turn of the loop waits for events and timers, runs the handlers of ready descriptors, then
/// up to `maximumJobsPerTurn` jobs, then the timers that are due. Neither jobs nor I/O can starve
/// the other. A loop with nothing to do sleeps in the kernel and does not wake.
///
/// The thread holds the loop alive: a loop lives until `shutDown` has been awaited.
///
/// `@unchecked Sendable`: `poller`, `timers` and `jobs` are touched by the loop's thread alone,
/// which `preconditionIsCurrent` checks wherever they can be reached; everything else is immutable,
/// atomic, or behind the mutex.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
  /// How many jobs run before descriptors and timers have their turn.
  static let maximumJobsPerTurn = 256

  private enum Job {
    case task(UnownedJob)
    case work(@Sendable () -> Void)
  }

  private enum Phase {
    case running, stopping, stopped
  }

  /// What other threads may touch.
  private struct Inbox {
    var jobs: [Job] = []
    var phase = Phase.running
    /// The thread sleeps, or is about to: who adds a job must write to the eventfd.
    var isAsleep = false
    /// After the end of the loop: a thread is at work on jobs that came late.
    var hasStragglerThread = false
    var waitingForStop: [CheckedContinuation<Void, Never>] = []
  }

  private let name: String
  private let wakeUp: CInt
  private let inbox = Mutex(Inbox())
  /// The thread that may touch what belongs to the loop, 0 while there is none. No other thread can
  /// find its own id here, so a relaxed load is enough.
  private let owner = Atomic<UInt>(0)
  private let wakeUps = Atomic<Int>(0)

  private let poller: Poller
  private var timers = TimerQueue()
  private var jobs = Deque<Job>()

  /// Creates the epoll instance and the eventfd, and starts the thread.
  ///
  /// - Parameter name: of the thread, as debuggers show it; the first 15 bytes count.
  /// - Throws: `EventLoopError.system` when the system is out of descriptors or threads.
  package init(name: String) throws(EventLoopError) {
    self.name = name
    let wakeUp = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    guard wakeUp >= 0 else { throw .system(call: "eventfd", code: errno) }
    self.wakeUp = wakeUp
    do throws(EventLoopError) {
      poller = try Poller(wakeUp: wakeUp)
    } catch {
      close(wakeUp)
      throw error
    }
    try SystemThread.start(name: name) { self.run() }
  }

  deinit {
    close(wakeUp)
  }

  // MARK: - From any thread

  /// Are we on the loop's thread?
  package var isCurrent: Bool { owner.load(ordering: .relaxed) == pthread_self() }

  /// Runs `work` on the loop. Work submitted by one thread runs in the order it was submitted.
  ///
  /// On the loop's own thread this takes no lock and makes no system call; `work` runs after the
  /// caller has returned.
  package func execute(_ work: @escaping @Sendable () -> Void) {
    submit(.work(work))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    submit(.task(UnownedJob(job)))
  }

  package func checkIsolated() {
    preconditionIsCurrent()
  }

  package func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  /// Runs what is queued, drops timers and watches without calling them, and ends the thread.
  /// Returns when the loop has done its last work; may be called again, and from the loop itself.
  ///
  /// Jobs of actors that come later still run, on a thread made for them, so that no task waits for
  /// ever. Descriptors are not closed: they belong to those who watched them.
  package func shutDown() async {
    await withCheckedContinuation { continuation in
      let (isStopped, mustWake) = inbox.withLock { inbox in
        if inbox.phase == .stopped { return (true, false) }
        inbox.waitingForStop.append(continuation)
        inbox.phase = .stopping
        defer { inbox.isAsleep = false }
        return (false, inbox.isAsleep)
      }
      if isStopped { continuation.resume() }
      if mustWake { wake() }
    }
  }

  /// How often the thread has come back from the kernel; an idle loop's count stands still.
  package var wakeUpCount: Int { wakeUps.load(ordering: .relaxed) }

  // MARK: - On the loop's thread only

  /// Calls `onReady` on the loop whenever `descriptor` is ready, until `unwatch`. Unwatch before
  /// closing.
  ///
  /// - Precondition: on the loop's thread.
  /// - Throws: `alreadyWatched`, `stopped`, or `system` when epoll refuses the descriptor (a
  ///   regular file, a closed one, or the user's limit of watches).
  package func watch(
    _ descriptor: CInt, for interest: Interest, _ onReady: @escaping @Sendable (Readiness) -> Void
  ) throws(EventLoopError) {
    preconditionIsCurrent()
    guard isRunning else { throw .stopped }
    try poller.watch(descriptor, for: interest, onReady)
  }

  /// Changes what the handler of `descriptor` wants to hear of.
  ///
  /// - Precondition: on the loop's thread.
  /// - Throws: `notWatched`, or `system` when epoll refuses.
  package func change(_ descriptor: CInt, to interest: Interest) throws(EventLoopError) {
    preconditionIsCurrent()
    try poller.change(descriptor, to: interest)
  }

  /// Forgets the handler of `descriptor`. It is never called after this returns, even if the kernel
  /// has reported its descriptor in this turn already. Without a handler, nothing happens.
  ///
  /// - Precondition: on the loop's thread.
  package func unwatch(_ descriptor: CInt) {
    preconditionIsCurrent()
    poller.unwatch(descriptor)
  }

  /// Runs `action` once on the loop, no sooner than `delay` from now and as a rule within a
  /// millisecond after; a negative delay is none. Timers of one deadline run in the order they were
  /// scheduled.
  ///
  /// - Precondition: on the loop's thread.
  package func schedule(
    after delay: Duration, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    preconditionIsCurrent()
    return timers.add(deadline: MonotonicClock.now(plus: delay), action)
  }

  /// The timer's action is not called after this returns. Idempotent.
  ///
  /// - Precondition: on the loop's thread.
  package func cancel(_ timer: TimerID) {
    preconditionIsCurrent()
    timers.cancel(timer)
  }

  package func preconditionIsCurrent() {
    precondition(isCurrent, "must be called on the thread of event loop \(name)")
  }

  // MARK: - Jobs

  private func submit(_ job: Job) {
    if isCurrent {
      jobs.append(job)
      return
    }
    let (mustWake, mustStartThread) = inbox.withLock { inbox in
      inbox.jobs.append(job)
      let mustStartThread = inbox.phase == .stopped && !inbox.hasStragglerThread
      if mustStartThread { inbox.hasStragglerThread = true }
      defer { inbox.isAsleep = false }
      return (inbox.isAsleep, mustStartThread)
    }
    if mustWake { wake() }
    if mustStartThread { startStragglerThread() }
  }

  /// The eventfd lives as long as the loop, so writing without the lock is safe. It counts; it
  /// cannot be full.
  private func wake() {
    var one: UInt64 = 1
    _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
  }

  private func runJobs(atMost limit: Int) {
    var remaining = limit
    while remaining > 0, let job = jobs.popFirst() {
      remaining -= 1
      switch job {
      case .task(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .work(let work): work()
      }
    }
  }

  private func runDueTimers() {
    for timer in timers.due(at: MonotonicClock.now()) {
      timers.take(timer)?()
    }
  }

  // MARK: - The thread

  private var isRunning: Bool { inbox.withLock { $0.phase == .running } }

  private func run() {
    owner.store(pthread_self(), ordering: .relaxed)
    while collectJobs() == .running {
      runJobs(atMost: Self.maximumJobsPerTurn)
      runDueTimers()
      let ready = poller.wait(timeoutMilliseconds: timeoutOrSleep())
      wakeUps.add(1, ordering: .relaxed)
      poller.dispatch(ready)
    }
    poller.unwatchAll()
    timers.removeAll()
    runUntilNothingIsLeft { inbox in
      inbox.phase = .stopped
      defer { inbox.waitingForStop = [] }
      return inbox.waitingForStop
    }
  }

  /// Takes what other threads have left, and says how the loop stands.
  private func collectJobs() -> Phase {
    inbox.withLock { inbox in
      inbox.isAsleep = false
      jobs.append(contentsOf: inbox.jobs)
      inbox.jobs.removeAll(keepingCapacity: true)
      return inbox.phase
    }
  }

  /// How long the kernel may hold the thread: not at all while there is work, until the next timer,
  /// or for ever (−1). From here on another thread that brings a job must wake us.
  private func timeoutOrSleep() -> CInt {
    guard jobs.isEmpty else { return 0 }
    let deadline = timers.nextDeadline()
    let timeout = deadline.map { MonotonicClock.milliseconds(until: $0) } ?? -1
    guard timeout != 0 else { return 0 }
    return inbox.withLock { inbox in
      guard inbox.jobs.isEmpty, inbox.phase == .running else { return 0 }
      inbox.isAsleep = true
      return timeout
    }
  }

  /// Runs jobs until none is left, gives up the ownership in the same moment, and wakes those who
  /// waited.
  private func runUntilNothingIsLeft(
    finish: (inout sending Inbox) -> [CheckedContinuation<Void, Never>]
  ) {
    while true {
      _ = collectJobs()
      runJobs(atMost: .max)
      let waiting: [CheckedContinuation<Void, Never>]? = inbox.withLock { inbox in
        guard inbox.jobs.isEmpty else { return nil }
        owner.store(0, ordering: .relaxed)
        return finish(&inbox)
      }
      guard let waiting else { continue }
      for continuation in waiting { continuation.resume() }
      return
    }
  }

  private func startStragglerThread() {
    do {
      try SystemThread.start(name: name) {
        self.owner.store(pthread_self(), ordering: .relaxed)
        self.runUntilNothingIsLeft { inbox in
          inbox.hasStragglerThread = false
          return []
        }
      }
    } catch {
      // A task that never resumes would be worse than an end that says why.
      fatalError("event loop \(name) cannot run a late job: \(error)")
    }
  }
}
