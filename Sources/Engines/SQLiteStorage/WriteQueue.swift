import Storage
import Synchronization

/// What waits to be written, and the writer, who takes all of it into one transaction.
///
/// `@unchecked Sendable` is right because the writer is touched by ``run()``, ``checkpointNeed()``
/// and ``close()`` alone, which are called by one worker.
final class WriteQueue: @unchecked Sendable {
  /// What one call wants written.
  struct Job: Sendable {
    /// Tells the caller what came of it; an error is that of the whole transaction.
    typealias Answer = @Sendable (StorageError?) -> Void

    /// Writes, and returns how to answer once the transaction has been committed.
    let attempt: @Sendable (StoreWriter) throws(StorageError) -> Answer
    /// Answers where it could not be written.
    let fail: @Sendable (StorageError) -> Void

    init<Value: Sendable>(
      _ completion: @escaping StorageCompletion<Value>,
      _ work: @escaping @Sendable (StoreWriter) throws(StorageError) -> Value
    ) {
      attempt = { writer throws(StorageError) in
        let value = try work(writer)
        return { error in completion(error.map { .failure($0) } ?? .success(value)) }
      }
      fail = { completion(.failure($0)) }
    }
  }

  /// The most jobs of one transaction: those at its front wait for those at its end.
  private static let maximumJobs = 256

  private let writer: StoreWriter
  private let waiting = Mutex<[Job]>([])

  init(_ writer: StoreWriter) {
    self.writer = writer
  }

  /// From any thread.
  ///
  /// - Returns: Whether it is the first that waits, so that the writer has to be called.
  func enqueue(_ job: Job) -> Bool {
    waiting.withLock { waiting in
      waiting.append(job)
      return waiting.count == 1
    }
  }

  /// Writes what waits in one transaction.
  ///
  /// - Returns: The answers to the callers, in the order of their calls; none when nothing waited.
  func run() -> [@Sendable () -> Void] {
    let jobs = waiting.withLock { waiting in
      let jobs = Array(waiting.prefix(Self.maximumJobs))
      waiting.removeFirst(jobs.count)
      return jobs
    }
    guard !jobs.isEmpty else { return [] }
    do throws(StorageError) {
      let answers = try writer.transaction { () throws(StorageError) in try attempt(jobs) }
      return answers.map { answer in { answer(nil) } }
    } catch {
      return jobs.map { job in { job.fail(error) } }
    }
  }

  /// One that fails does not take the others along, as long as there is a transaction.
  private func attempt(_ jobs: [Job]) throws(StorageError) -> [Job.Answer] {
    // A single one needs no savepoint: the transaction is its own.
    if jobs.count == 1 { return [try jobs[0].attempt(writer)] }
    var answers: [Job.Answer] = []
    for job in jobs {
      do throws(StorageError) {
        answers.append(
          try writer.part { () throws(StorageError) in try job.attempt(writer) })
      } catch {
        guard writer.isInTransaction else { throw error }
        answers.append { job.fail($0 ?? error) }
      }
    }
    return answers
  }

  func checkpointNeed() -> StoreWriter.CheckpointNeed { writer.checkpointNeed() }

  /// Lets go of the store; what is enqueued from now on fails.
  func close() { writer.close() }
}
