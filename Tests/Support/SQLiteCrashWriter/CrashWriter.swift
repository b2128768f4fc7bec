import BridgeModel
import Glibc
import SQLiteStorage
import Storage
import StorageTesting

/// A process for tests to kill: appends commits to a store and tells each one on standard output
/// once it may be published, as `<first sequence> <last sequence> <payment id>`.
///
/// `SQLiteCrashWriter append FILE PREFIX` never ends by itself. `SQLiteCrashWriter open
/// FILE` opens the store without the rights of root, prints the cause of the failure or `opened`,
/// and ends.
@main
struct CrashWriter {
  static func main() {
    let arguments = CommandLine.arguments
    switch (arguments.count, arguments.dropFirst().first) {
    case (4, "append"): append(to: arguments[2], prefix: arguments[3])
    case (3, "open"): open(arguments[2])
    default: exit(EX_USAGE)
    }
  }

  private static func append(to path: String, prefix: String) {
    do throws(StorageError) {
      let store = try openStore(path, keepEvents: 100_000)
      var number: Int64 = 0
      while true {
        number += 1
        let id = "\(prefix)-\(number)"
        let ids = try store.append([entry(paymentID: id, number: number)])
        say("\(ids[0].sequence) \(ids[1].sequence) \(id)\n")
      }
    } catch {
      say("\(error)\n")
      exit(1)
    }
  }

  private static func open(_ path: String) {
    // Root may write everywhere; nobody may not.
    let nobody: uid_t = 65534
    if geteuid() == 0, setuid(nobody) != 0 { exit(EX_NOPERM) }
    do throws(StorageError) {
      _ = try openStore(path, keepEvents: 10)
      say("opened\n")
    } catch {
      say("\(error.cause)\n")
    }
  }

  /// A store whose work is done within the call.
  private static func openStore(
    _ path: String, keepEvents: Int
  ) throws(StorageError) -> PromptStorage {
    var random = SystemRandomNumberGenerator()
    let workers = StorageWorkers(
      write: { $0() }, readLog: { $0() }, work: { $0() }, deliver: { $0() })
    return PromptStorage(
      try SQLiteStorage(path: path, keepEvents: keepEvents, using: &random, workers: workers))
  }

  private static func say(_ line: String) {
    // One write for a line: a kill leaves whole lines, as long as they fit the pipe's atomic size.
    _ = write(STDOUT_FILENO, line, line.utf8.count)
  }

  /// One payment and its balance; the book's effects count the payments.
  private static func entry(paymentID: String, number: Int64) -> LogEntry {
    let now = Timestamp(milliseconds: number)
    let balance = Balance(amount: Millisatoshi(number), confirmedAt: now, changedAt: now)
    let identity = BookIdentity(origin: "https://crash.example", keyFingerprint: "k", walletID: "w")
    let book = BookRecord(
      identity: identity, opening: .zero, effects: Millisatoshi(number), unexplained: .zero,
      balance: balance, importedAt: nil)
    let payment = Payment(
      paymentID: paymentID, paymentHash: paymentID, direction: .incoming, status: .settled,
      amount: Millisatoshi(1), fee: .zero, memo: "", createdAt: now, settledAt: now,
      observedAt: now, isLate: false)
    let change = BalanceChange(
      amount: balance.amount, change: Millisatoshi(1), cause: .payment, confirmedAt: now)
    let commit = Commit(
      book: book, payments: [payment],
      events: [.payment(payment), .balance(change)])
    let data = Array(paymentID.utf8)
    return LogEntry(
      commit: commit,
      events: [
        EncodedEvent(kind: .payment, source: "main", data: data),
        EncodedEvent(kind: .balance, source: "main", data: data),
      ])
  }
}
