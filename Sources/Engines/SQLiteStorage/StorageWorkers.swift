package import EventLoop
import Storage

/// Where a store's work is done, and where it is answered. Each runs what it is given in order, one
/// piece at a time; the loop is never among those that wait for the disk.
package struct StorageWorkers: Sendable {
  package typealias Submit = @Sendable (@escaping @Sendable () -> Void) -> Void

  /// Writes.
  package var write: Submit
  /// Reads the log for subscribers: short pieces.
  package var readLog: Submit
  /// Reads books, pages and sums, and copies the write-ahead log into the file.
  package var work: Submit
  /// Answers, on the bridge's loop.
  package var deliver: Submit

  package init(
    write: @escaping Submit, readLog: @escaping Submit, work: @escaping Submit,
    deliver: @escaping Submit
  ) {
    self.write = write
    self.readLog = readLog
    self.work = work
    self.deliver = deliver
  }

  /// A thread each, answering on a loop.
  ///
  /// - Throws: When the system refuses another thread.
  package static func threads(answeringOn loop: EventLoop) throws(EventLoopError) -> Self {
    let writer = try WorkerThread(name: "store-write")
    let logReader = try WorkerThread(name: "store-log")
    let other = try WorkerThread(name: "store-work")
    return Self(
      write: { writer.submit($0) }, readLog: { logReader.submit($0) },
      work: { other.submit($0) }, deliver: { loop.execute($0) })
  }
}
