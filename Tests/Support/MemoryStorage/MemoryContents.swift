import BridgeModel
import Storage
import Synchronization

/// What a ``MemoryStorage`` keeps.
package final class MemoryContents: Sendable {
  struct Row {
    var book: Int
    /// In the order of publication; negative for what never was published, by time.
    var position: Int64
    /// In the order of coming.
    var number: Int64
    var payment: Payment
  }

  struct State {
    var epoch = ""
    var events: [(sequence: Int64, event: EncodedEvent)] = []
    var last: Int64 = 0
    var prunedThrough: Int64 = 0
    var books: [Int: BookRecord] = [:]
    var keys: [BookIdentity: Int] = [:]
    var adjustments: [(book: Int, at: Int64, change: Millisatoshi)] = []
    var payments: [Row] = []
    var watches: [(origin: String, record: WatchRecord)] = []
    private var nextBook = 0
    private var nextNumber: Int64 = 0

    var bounds: LogBounds {
      LogBounds(epoch: epoch, prunedThrough: prunedThrough, last: last)
    }
  }

  let state = Mutex(State())

  package init() {}
}

// MARK: - Log

extension MemoryContents.State {
  mutating func append(_ entry: LogEntry, keeping count: Int) -> Appended {
    let first = last + 1
    if let commit = entry.commit { write(commit, from: first) }
    for event in entry.events {
      last += 1
      events.append((last, event))
    }
    let surplus = min(events.count - count, 128)
    if surplus > 0 {
      prunedThrough = events[surplus - 1].sequence
      events.removeFirst(surplus)
    }
    let ids = (first..<last + 1).map { EventID(epoch: epoch, sequence: $0) }
    return Appended(ids: ids, bounds: bounds)
  }

  func read<Content: Sendable>(
    _ range: LogRange, into content: Content, add: (inout Content, EventRow) -> Void
  ) -> LogPage<Content> {
    var page = LogPage(content: content, last: range.after, prunedThrough: prunedThrough)
    var left = (events: range.maximumEvents, bytes: range.maximumBytes)
    for (sequence, event) in events where sequence > range.after && sequence <= range.through {
      guard left.events > 0, left.bytes > 0 else { return page }
      Array(event.source.utf8).withUnsafeBytes { source in
        event.data.withUnsafeBytes { data in
          let row = EventRow(sequence: sequence, kind: event.kind, source: source, data: data)
          add(&page.content, row)
        }
      }
      page.last = sequence
      left = (left.events - 1, left.bytes - event.data.count)
    }
    if left.events > 0, left.bytes > 0 { page.last = max(page.last, range.through) }
    return page
  }
}

// MARK: - Books

extension MemoryContents.State {
  /// The book of an identity: by its wallet's id, else by its key, unless that has led to another
  /// wallet.
  func find(_ identity: BookIdentity) -> Int? {
    let byKey = keys[Self.key(of: identity)]
    guard let walletID = identity.walletID else { return byKey }
    let byWallet = books.first { _, record in
      record.identity.origin == identity.origin && record.identity.walletID == walletID
    }
    if let byWallet { return byWallet.key }
    return byKey.flatMap { books[$0]?.identity.walletID == nil ? $0 : nil }
  }

  private static func key(of identity: BookIdentity) -> BookIdentity {
    BookIdentity(origin: identity.origin, keyFingerprint: identity.keyFingerprint)
  }

  private mutating func write(_ commit: Commit, from first: Int64) {
    for watch in commit.watches {
      guard let index = watches.firstIndex(where: { $0.record.handle == watch.handle }) else {
        continue
      }
      watches[index].record = watch
    }
    guard let record = commit.book else { return }
    let book = save(record)
    for paymentID in commit.superseded {
      payments.removeAll { $0.book == book && $0.payment.paymentID == paymentID }
    }
    var published: [String: Int64] = [:]
    for (offset, event) in commit.events.enumerated() {
      if case .payment(let payment) = event {
        published[payment.paymentID] = first + Int64(offset)
      }
    }
    for payment in commit.payments { save(payment, in: book, published[payment.paymentID]) }
  }

  private mutating func save(_ record: BookRecord) -> Int {
    let found = find(record.identity)
    let book = found ?? nextBook
    if found == nil { nextBook += 1 }
    var record = record
    let before = books[book]
    let change = record.unexplained - (before?.unexplained ?? .zero)
    let at = record.lastCorrectionAt ?? record.balance.confirmedAt
    if change != .zero { adjustments.append((book, at.milliseconds, change)) }
    record.identity.walletID = record.identity.walletID ?? before?.identity.walletID
    record.lastCorrectionAt = change == .zero ? before?.lastCorrectionAt : at
    books[book] = record
    let key = Self.key(of: record.identity)
    let previous = keys.updateValue(book, forKey: key)
    if let previous, previous != book, !keys.values.contains(previous),
      !payments.contains(where: { $0.book == previous })
    {
      books[previous] = nil
    }
    return book
  }

  private mutating func save(_ payment: Payment, in book: Int, _ sequence: Int64?) {
    let beyondAnyTime: Int64 = 1 << 56
    let time = (payment.settledAt ?? payment.createdAt).milliseconds
    let position =
      sequence ?? max(-beyondAnyTime, min(time, beyondAnyTime - 1)) - beyondAnyTime
    let known = payments.firstIndex {
      $0.book == book && $0.payment.paymentID == payment.paymentID
    }
    if let known {
      payments[known].payment = payment
      payments[known].position = max(payments[known].position, position)
    } else {
      nextNumber += 1
      payments.append(
        MemoryContents.Row(
          book: book, position: position, number: nextNumber, payment: payment))
    }
  }
}

// MARK: - Queries

extension MemoryContents.State {
  /// The books that there are, each with the index of the first identity that leads to it.
  private func indices(of identities: [BookIdentity]) -> [Int: Int] {
    var indices: [Int: Int] = [:]
    for (index, identity) in identities.enumerated() {
      if let book = find(identity), indices[book] == nil { indices[book] = index }
    }
    return indices
  }

  func page(_ query: PaymentQuery) -> PaymentPage {
    let books = indices(of: query.books)
    let found = payments.filter { row in
      let payment = row.payment
      return books[row.book] != nil && query.status.map { $0 == payment.status } ?? true
        && query.direction.map { $0 == payment.direction } ?? true
        && query.paymentHash.map { $0 == payment.paymentHash } ?? true
        && query.memoContains.map {
          CaseFolding.fold(payment.memo).contains(CaseFolding.fold($0))
        } ?? true
        && query.before.map { (row.position, row.number) < ($0.position, $0.row) } ?? true
    }
    .sorted { ($0.position, $0.number) > ($1.position, $1.number) }
    let rows = found.prefix(query.limit)
    return PaymentPage(
      payments: rows.map { ListedPayment(book: books[$0.book] ?? 0, payment: $0.payment) },
      next: found.count <= query.limit
        ? nil : rows.last.map { PaymentCursor(position: $0.position, row: $0.number) })
  }

  func history(_ query: HistoryQuery) -> [HistoryPeriod] {
    let wanted = indices(of: query.books)
    var sums = HistorySums(group: query.group)
    let since = query.since.map { sums.start(of: $0.milliseconds) } ?? .min
    for row in payments where wanted[row.book] != nil {
      let payment = row.payment
      let at = (payment.settledAt ?? payment.createdAt).milliseconds
      let isOutgoing = payment.direction == .outgoing
      guard at >= since,
        payment.status == .settled || (payment.status == .pending && isOutgoing)
      else { continue }
      sums.add(at: at) { sum in
        if isOutgoing { sum.outgoing += payment.amount } else { sum.incoming += payment.amount }
        sum.fee += payment.fee
        sum.count += 1
      }
    }
    for adjustment in adjustments where wanted[adjustment.book] != nil && adjustment.at >= since {
      sums.add(at: adjustment.at) { $0.unexplained += adjustment.change }
    }
    var balance = MillisatoshiSum.zero
    for book in wanted.keys { balance += books[book]?.balance.amount ?? .zero }
    return sums.periods(closingWith: balance, atMost: HistoryQuery.maximumPeriods)
  }
}
