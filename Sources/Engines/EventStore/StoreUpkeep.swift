import Glibc
import Synchronization

/// What waits for the disk, on a connection and a thread of its own: checkpoints, and syncing
/// reservations.
///
/// The store asks for work after a commit; without a thread (before ``start()``, after ``stop()``)
/// the work stays until ``runPending()`` is called by hand.
package final class StoreUpkeep: Sendable {
  /// A checkpoint is due once the WAL has this many pages (4 MiB).
  static let checkpointPages = 1024
  /// From this many pages on (32 MiB) the store waits for a checkpoint after a commit. The WAL can
  /// only begin anew when all of it is copied, and no checkpoint catches up with appends that never
  /// pause.
  static let maximumPages = 8192
  /// Nothing here waits for a lock for long: a checkpoint that is held up is done another time.
  static let busyTimeoutMilliseconds: CInt = 20

  private struct Work {
    var checkpoint = false
    var reservation: Int64?
  }

  /// Nil once closed.
  private let database: Mutex<Database?>
  private let work = Mutex(Work())
  private let failure = Mutex<StoreError?>(nil)
  private let syncedThrough = Atomic<Int64>(0)
  private let isStopping = Atomic(false)
  private let wakeUp = Semaphore()
  private let thread = Mutex<pthread_t?>(nil)

  init(path: String, vfs: String?) throws(StoreError) {
    let database = try Database(
      path: path, access: .readWrite, busyTimeoutMilliseconds: Self.busyTimeoutMilliseconds,
      vfs: vfs)
    try database.execute("PRAGMA synchronous = NORMAL")
    self.database = Mutex(database)
  }

  /// Begins the thread. Calling it again changes nothing.
  package func start() {
    thread.withLock { thread in
      guard thread == nil else { return }
      isStopping.store(false, ordering: .sequentiallyConsistent)
      var started = pthread_t()
      // The thread holds one reference to this object, from here until it ends.
      let context = Unmanaged.passRetained(self)
      let code = pthread_create(
        &started, nil,
        { context in
          guard let context else { return nil }
          // Takes over the reference that was passed to it, once.
          Unmanaged<StoreUpkeep>.fromOpaque(context).takeRetainedValue().runUntilStopped()
          return nil
        }, context.toOpaque())
      // Without a thread the store goes on: reservations sync within an append, and the WAL grows.
      if code == 0 { thread = started } else { context.release() }
    }
  }

  /// Ends the thread after the work in hand, and waits for it. Calling it again changes nothing.
  package func stop() {
    thread.withLock { thread in
      guard let running = thread else { return }
      isStopping.store(true, ordering: .sequentiallyConsistent)
      wakeUp.signal()
      pthread_join(running, nil)
      thread = nil
    }
  }

  /// Stops for good and closes the connection.
  func close() {
    stop()
    database.withLock { $0 = nil }
  }

  /// Does by hand what was asked for and not done yet.
  ///
  /// - Throws: ``StoreError``: from the sync or the checkpoint. What failed is asked for again by a
  ///   later commit.
  package func runPending() throws(StoreError) {
    let work = self.work.withLock { work in
      defer { work = Work() }
      return work
    }
    try database.withLock { (database) throws(StoreError) in
      guard let database else { return }
      if let reservation = work.reservation {
        try database.syncWAL()
        syncedThrough.store(reservation, ordering: .releasing)
      }
      if work.checkpoint { _ = try database.checkpoint(.passive) }
    }
  }

  /// Why the last work failed; nil when it did not. A full disk shows here before it stops an
  /// append.
  package var lastFailure: StoreError? {
    failure.withLock { $0 }
  }

  /// Reservations up to this sequence are on the disk.
  var reservationSyncedThrough: Int64 { syncedThrough.load(ordering: .acquiring) }

  /// Has the thread copy the WAL into the file soon.
  package func requestCheckpoint() {
    let isNews = work.withLock { work in
      defer { work.checkpoint = true }
      return !work.checkpoint
    }
    if isNews { wakeUp.signal() }
  }

  /// Copies the WAL now, on the caller's thread, behind a checkpoint that is under way. While the
  /// caller appends nothing, this one is complete.
  func checkpointNow() {
    work.withLock { $0.checkpoint = true }
    runNotingFailure()
  }

  func requestSync(reservedThrough sequence: Int64) {
    work.withLock { $0.reservation = sequence }
    wakeUp.signal()
  }

  private func runUntilStopped() {
    while true {
      wakeUp.wait()
      if isStopping.load(ordering: .sequentiallyConsistent) { return }
      runNotingFailure()
    }
  }

  private func runNotingFailure() {
    do throws(StoreError) {
      try runPending()
      failure.withLock { $0 = nil }
    } catch {
      failure.withLock { $0 = error }
    }
  }
}
