import Bridge
import BridgeModel
import LNbitsSimulator
import ServerSentEvents
import Storage

/// Knows the truth of every wallet and hears every word of the bridge; the first thing that is
/// wrong ends the life.
final class Oracle {
  unowned var world: World!
  /// What is wrong; nil while nothing is.
  private(set) var verdict: String?
  private(set) var truths: [String: Truth] = [:]
  private(set) var told: [String: Told] = [:]
  private(set) var log: [LogLine] = []
  /// Of the store; nil before it was opened first.
  private var epoch: String?
  private var seenRows: [ObjectIdentifier: [Truth.State]] = [:]

  /// A durable event as it was written down.
  struct LogLine {
    let sequence: Int64
    let kind: EventKind
    let source: String
    let data: [UInt8]
    /// Of which wallet; a name may stand for another one later.
    let wallet: String
    /// For a balance.
    let balance: Millisatoshi?
  }

  /// A commit that the store was given.
  struct Written {
    let commit: Commit
    let entry: LogEntry
    /// Of the source.
    let name: String
    /// For which the name stood then.
    let wallet: String?
  }

  /// Written by a process that died before it told anyone; the power may have taken it back.
  private var undecided: [(written: Written, appended: Appended)] = []

  func object(_ message: String) {
    guard verdict == nil else { return }
    verdict = message
    world.trace("WRONG: \(message)")
  }

  // MARK: The wallets

  /// Looks at an upstream's wallets after each change.
  func observe(_ upstream: Upstream) {
    for id in upstream.walletIDs {
      var truth = truths.removeValue(forKey: id) ?? Truth()
      for row in upstream.lnbits.ledger.rows(ofWallet: id) { truth.note(row) }
      truth.note(balance: upstream.lnbits.ledger.balance(ofWallet: id))
      truths[id] = truth
    }
  }

  /// The upstream is about to forget a payment that is pending.
  func forgotten(_ paymentID: String, of wallet: String) {
    truths[wallet]?.noteForgotten(paymentID)
  }

  // MARK: The log

  /// Nobody was told of it: at the next start it is there, or it is not.
  func mayBeWritten(_ written: Written, _ appended: Appended) {
    undecided.append((written, appended))
  }

  /// The store was opened anew: it holds all that was told, and of what was not told the first
  /// part.
  func reopened(_ bounds: LogBounds) {
    for (written, appended) in undecided {
      guard let last = appended.ids.last, last.sequence <= bounds.last else { break }
      committed(written, appended.ids)
    }
    undecided = []
    if let epoch, bounds.epoch != epoch { object("another epoch: \(bounds.epoch)") }
    epoch = bounds.epoch
    guard bounds.last == log.last?.sequence ?? 0 else {
      return object("the store ends with \(bounds.last), written were \(log.last?.sequence ?? 0)")
    }
  }

  /// A commit is on disk.
  func committed(_ written: Written, _ ids: [EventID]) {
    let (commit, name) = (written.commit, written.name)
    guard let wallet = written.wallet, let truth = truths[wallet] else {
      return object("\(name) is no wallet of the configuration")
    }
    guard let book = commit.book else { return object("\(name) is no mint, and has a book") }
    if let bookWallet = book.identity.walletID, bookWallet != wallet {
      object("\(name) writes into the book of another wallet")
    }
    var told = self.told[wallet] ?? Told()
    if told.importedAt != book.importedAt {
      // A wallet without a payment is known by its key alone: with a new one it is another wallet.
      if told.statuses.isEmpty { told = Told() }
      guard told.importedAt == nil else { return object("\(name): its history is taken in twice") }
      told.importedAt = book.importedAt
      takeIn(commit, book, &told, truth, name)
    }
    for (event, id) in zip(commit.events, ids) {
      if let last = log.last, id.sequence <= last.sequence {
        object("the id \(id) comes after \(last.sequence)")
      }
      switch event {
      case .payment(let payment): check(payment, &told, truth, name)
      case .balance(let change): check(change, &told, truth, name)
      case .watch: object("\(name) is no mint, and tells of a watch")
      }
    }
    checkOrder(commit, name)
    self.told[wallet] = told
    for (index, event) in written.entry.events.enumerated() where index < ids.count {
      var balance: Millisatoshi?
      if case .balance(let change) = commit.events[index] { balance = change.amount }
      log.append(
        LogLine(
          sequence: ids[index].sequence, kind: event.kind, source: event.source, data: event.data,
          wallet: wallet, balance: balance))
    }
  }

  /// A wallet's past is taken in without a word.
  private func takeIn(
    _ commit: Commit, _ book: BookRecord, _ told: inout Told, _ truth: Truth, _ name: String
  ) {
    let published = commit.events.compactMap { event in
      if case .payment(let payment) = event { payment.paymentID } else { nil }
    }
    for payment in commit.payments where !published.contains(payment.paymentID) {
      guard truth.bears(payment) else {
        return object("\(name) takes in what never was: \(payment)")
      }
      told.statuses[payment.paymentID, default: []].append(payment.status)
      told.effects[payment.paymentID] = payment.balanceEffect
    }
    told.explained = book.balance.amount
  }

  private func check(_ payment: Payment, _ told: inout Told, _ truth: Truth, _ name: String) {
    let words = "\(name): \(payment.direction) \(payment.paymentID.prefix(16)) \(payment.status)"
    world.trace("PUBLISHED \(words) \(payment.amount.value) fee \(payment.fee.value)")
    guard truth.bears(payment), let leg = truth.legs[payment.paymentID] else {
      return object("\(words): never was so")
    }
    if let later = leg.laterID, told.statuses[later] != nil {
      return object("\(words): it was told under its later id")
    }
    if let former = leg.formerID { told.rename(former, payment.paymentID) }
    let before = told.statuses[payment.paymentID]?.last
    switch (payment.direction, before, payment.status) {
    case (.incoming, nil, .settled), (.outgoing, nil, .pending), (.outgoing, nil, .settled),
      (.outgoing, .pending, .settled), (.outgoing, .pending, .failed),
      (.outgoing, .failed, .settled):
      break
    default:
      return object("\(words): no news after \(before.map(\.rawValue) ?? "nothing")")
    }
    told.statuses[payment.paymentID, default: []].append(payment.status)
    told.explained += payment.balanceEffect - (told.effects[payment.paymentID] ?? .zero)
    told.effects[payment.paymentID] = payment.balanceEffect
  }

  private func check(_ change: BalanceChange, _ told: inout Told, _ truth: Truth, _ name: String) {
    let words = "\(name): balance \(change.amount.value) (\(change.cause.rawValue))"
    world.trace("PUBLISHED \(words)")
    switch change.cause {
    case .correction: return object("\(words): a false correction")
    case .frame: return object("\(words): on a frame's word")
    case .initial where told.balance != nil: return object("\(words): a second time")
    case .payment where told.balance == nil: return object("\(words): before the first")
    case .initial, .payment: break
    }
    guard truth.balances.contains(change.amount) else { return object("\(words): never was so") }
    guard change.amount == told.explained else {
      return object("\(words): the payments explain \(told.explained.value)")
    }
    guard change.change == change.amount - (told.balance ?? change.amount) else {
      return object("\(words): the change \(change.change.value) does not lead there")
    }
    told.balance = change.amount
  }

  /// One reconcile publishes its payments by settlement and id, then the balance.
  private func checkOrder(_ commit: Commit, _ name: String) {
    var last: (Timestamp, String)?
    var hasBalance = false
    for event in commit.events {
      guard case .payment(let payment) = event else {
        if hasBalance { object("\(name): two balances in one commit") }
        hasBalance = true
        continue
      }
      let place = (payment.settledAt ?? payment.createdAt, payment.paymentID)
      if hasBalance { object("\(name): a payment behind its balance") }
      if let last, last > place { object("\(name): payments out of order") }
      last = place
    }
  }

  // MARK: Subscribers

  /// Events are about to be given to everyone.
  func checkGiven(_ items: [StreamItem]) {
    for item in items {
      guard let sequence = item.sequence else { continue }
      if line(sequence) == nil { object("the event \(sequence) is given out before it is on disk") }
    }
  }

  func checkReceived(
    _ event: EventStreamDecoder.Event, id: EventID, after position: Int64,
    by subscriber: SimulatedSubscriber
  ) {
    guard let line = line(id.sequence) else {
      return object("\(subscriber.name) got an event that is not on disk: \(id)")
    }
    if id.sequence <= position {
      object("\(subscriber.name) got \(id) after \(position): doubled or out of order")
    }
    if line.kind.rawValue != event.type || Array(event.data.utf8) != line.data {
      object("\(subscriber.name) got something else as \(id)")
    }
    if !subscriber.filter.admits(line.kind, from: line.source) {
      object("\(subscriber.name) got \(id), which it did not want")
    }
    checkNothingBetween(position, id.sequence - 1, for: subscriber)
  }

  /// Enough events lie beyond a sequence, those counted that are written and not told yet.
  func mayBePruned(through sequence: Int64, by process: BridgeProcess) -> Bool {
    let later = log.count { $0.sequence > sequence } + process.unanswered
    return later >= world.plan.keepEvents
  }

  /// Nothing that a subscriber wants lies beyond the first sequence and up to the second.
  func checkNothingBetween(_ first: Int64, _ last: Int64, for subscriber: SimulatedSubscriber) {
    var index = log.count - 1
    while index >= 0, log[index].sequence > first {
      let line = log[index]
      if line.sequence <= last, subscriber.filter.admits(line.kind, from: line.source) {
        return object("\(subscriber.name) never got \(line.sequence)")
      }
      index -= 1
    }
  }

  private func line(_ sequence: Int64) -> LogLine? {
    var low = 0
    var high = log.count
    while low < high {
      let middle = (low + high) / 2
      if log[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low < log.count && log[low].sequence == sequence ? log[low] : nil
  }
}
