package import BridgeModel
package import Storage

package func time(_ milliseconds: Int64) -> Timestamp {
  Timestamp(milliseconds: milliseconds)
}

package let alice = BookIdentity(
  origin: "https://lnbits.example", keyFingerprint: "f1", walletID: "wallet-a")
package let bob = BookIdentity(
  origin: "https://lnbits.example", keyFingerprint: "f2", walletID: "wallet-b")

package func samplePayment(
  _ id: String, _ direction: Payment.Direction = .incoming,
  _ status: Payment.Status = .settled, amount: Int64 = 21_000, fee: Int64 = 0,
  memo: String = "coffee", hash: String? = nil, at: Int64 = 1_000_000
) -> Payment {
  Payment(
    paymentID: id, paymentHash: hash ?? "hash-\(id)", direction: direction, status: status,
    amount: Millisatoshi(amount), fee: Millisatoshi(fee), memo: memo, createdAt: time(at),
    settledAt: status == .settled ? time(at) : nil, observedAt: time(at), isLate: false)
}

package func sampleBook(
  _ identity: BookIdentity = alice, balance: Int64 = 0, unexplained: Int64 = 0, at: Int64 = 0
) -> BookRecord {
  BookRecord(
    identity: identity, opening: .zero, effects: Millisatoshi(balance - unexplained),
    unexplained: Millisatoshi(unexplained),
    balance: Balance(amount: Millisatoshi(balance), confirmedAt: time(at), changedAt: time(at)),
    importedAt: nil)
}

/// A commit that publishes each of its payments, and then a balance.
package func sampleEntry(_ payments: [Payment], book: BookRecord = sampleBook()) -> LogEntry {
  let change = BalanceChange(
    amount: book.balance.amount, change: .zero, cause: .payment,
    confirmedAt: book.balance.confirmedAt)
  let commit = Commit(
    book: book, payments: payments,
    events: payments.map { .payment($0) } + [.balance(change)])
  let encoded = payments.map {
    EncodedEvent(
      kind: .payment, source: "main", data: Array(#"{"payment_id":"\#($0.paymentID)"}"#.utf8))
  }
  let balance = EncodedEvent(
    kind: .balance, source: "main", data: Array(#"{"balance_msat":0}"#.utf8))
  return LogEntry(commit: commit, events: encoded + [balance])
}

/// State without events, as at the first import.
package func importEntry(_ payments: [Payment], book: BookRecord = sampleBook()) -> LogEntry {
  LogEntry(commit: Commit(book: book, payments: payments), events: [])
}

/// Events of a mint, which has no book.
package func watchEntry(_ count: Int, data: String = "12345") -> LogEntry {
  let event = EncodedEvent(kind: .watch, source: "mint", data: Array(data.utf8))
  return LogEntry(commit: nil, events: Array(repeating: event, count: count))
}

/// The cause of the error that `body` throws; nil if it throws none.
package func failureCause(_ body: () throws(StorageError) -> Void) -> StorageError.Cause? {
  do throws(StorageError) {
    try body()
    return nil
  } catch {
    return error.cause
  }
}
