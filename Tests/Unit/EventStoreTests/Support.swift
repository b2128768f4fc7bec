import BridgeModel
import Glibc
import TestSupport

@testable import EventStore

/// A directory that goes with the test.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/event-store-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    precondition(made != nil, "a temporary directory can be made")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var database: String { path + "/walletwire.db" }

  deinit {
    removeAll(path)
  }

  private func removeAll(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { removeAll(path + "/" + name) }
      }
      closedir(directory)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

func openStore(
  _ path: String, keepEvents: Int = 100_000, seed: UInt64 = 1, vfs: String? = nil
) throws(StoreError) -> EventStore {
  var random = SeededGenerator(seed: seed)
  return try EventStore(path: path, keepEvents: keepEvents, using: &random, vfs: vfs)
}

/// The cause of the error that `body` throws; nil if it throws none.
func failureCause(_ body: () throws(StoreError) -> Void) -> StoreError.Cause? {
  do throws(StoreError) {
    try body()
    return nil
  } catch {
    return error.cause
  }
}

// MARK: Samples

func time(_ milliseconds: Int64) -> Timestamp {
  Timestamp(milliseconds: milliseconds)
}

let alice = BookIdentity(
  origin: "https://lnbits.example", keyFingerprint: "f1", walletID: "wallet-a")
let bob = BookIdentity(
  origin: "https://lnbits.example", keyFingerprint: "f2", walletID: "wallet-b")

func samplePayment(
  _ id: String, _ direction: Payment.Direction = .incoming,
  _ status: Payment.Status = .settled, amount: Int64 = 21_000, fee: Int64 = 0,
  memo: String = "coffee", hash: String? = nil, at: Int64 = 1_000_000
) -> Payment {
  Payment(
    paymentID: id, paymentHash: hash ?? "hash-\(id)", direction: direction, status: status,
    amount: Millisatoshi(amount), fee: Millisatoshi(fee), memo: memo, createdAt: time(at),
    settledAt: status == .settled ? time(at) : nil, observedAt: time(at), isLate: false)
}

func sampleBook(
  _ identity: BookIdentity = alice, balance: Int64 = 0, unexplained: Int64 = 0, at: Int64 = 0
) -> BookRecord {
  BookRecord(
    identity: identity, opening: .zero, effects: Millisatoshi(balance - unexplained),
    unexplained: Millisatoshi(unexplained),
    balance: Balance(amount: Millisatoshi(balance), confirmedAt: time(at), changedAt: time(at)),
    importedAt: nil)
}

/// A commit that publishes each of its payments, and then a balance.
func sampleEntry(_ payments: [Payment], book: BookRecord = sampleBook()) -> LogEntry {
  let change = BalanceChange(
    amount: book.balance.amount, change: .zero, cause: .payment,
    confirmedAt: book.balance.confirmedAt)
  let commit = Commit(
    book: book, payments: payments,
    events: payments.map { .payment($0) } + [.balance(change)])
  let encoded = payments.map {
    EncodedEvent(
      type: .payment, source: "main", data: Array(#"{"payment_id":"\#($0.paymentID)"}"#.utf8))
  }
  let balance = EncodedEvent(
    type: .balance, source: "main", data: Array(#"{"balance_msat":0}"#.utf8))
  return LogEntry(commit: commit, events: encoded + [balance])
}

/// State without events, as at the first import.
func importEntry(_ payments: [Payment], book: BookRecord = sampleBook()) -> LogEntry {
  LogEntry(commit: Commit(book: book, payments: payments), events: [])
}
