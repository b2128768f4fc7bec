import BridgeModel

extension LNbitsSource {
  mutating func takeFrame(_ text: String, now: Instant) -> [SourceEffect] {
    connection.status.frames.received += 1
    connection.status.lastFrameAt = now.wall
    guard text.utf8.count <= LNbitsJSON.maximumFrameBytes else {
      connection.status.frames.rejected += 1
      hints.unreadFrame(at: now.uptime)
      schedule.markDirty(.frame, at: now.uptime)
      return [
        .log(
          SourceLog(.debug, "frame of \(text.utf8.count) bytes: too large to be read, so asking"))
      ]
    }
    guard let frame = LNbitsJSON.frame(text) else {
      connection.status.frames.rejected += 1
      // Whatever it was, asking tells.
      schedule.markDirty(.frame, at: now.uptime)
      return [.log(SourceLog(.debug, "frame of \(text.utf8.count) bytes is not LNbits' own"))]
    }
    let isFirst = note(frame, now)
    let log = SourceLog(
      .debug,
      "frame: balance \(frame.balanceSatoshi.map(String.init) ?? "-") sat, "
        + (frame.payment.map { "\($0.amount.value) msat \($0.status.rawValue)" } ?? "no payment"))
    guard configuration.trust == .frames else {
      if !saysNothingNew(frame) { schedule.markDirty(.frame, at: now.uptime) }
      return [.log(log)]
    }
    guard isFirst else { return [.log(log)] }
    guard heldFrames.isEmpty, pendingCommit == nil, bookState == .loaded else {
      if heldFrames.count < Self.maximumHeldFrames { heldFrames.append(frame) }
      return [.log(log)]
    }
    return [.log(log)] + trust([frame], now)
  }

  /// Frames beyond this, while the store cannot take them, are left to the next reconcile.
  private static let maximumHeldFrames = 1024

  mutating func takeHeldFrames(_ now: Instant) -> [SourceEffect] {
    guard pendingCommit == nil, bookState == .loaded, !heldFrames.isEmpty else { return [] }
    let group = Array(heldFrames.prefix(groupLength))
    heldFrames.removeFirst(group.count)
    return trust(group, now)
  }

  /// How many of the held frames, from the first on, may be judged by the same book: those of
  /// incoming payments, each of which changes nothing for the others. Any other frame is judged
  /// alone, and so is the very first.
  private var groupLength: Int {
    guard book != nil else { return 1 }
    var named: Set<String> = []
    let stranger = heldFrames.firstIndex { frame in
      guard let row = frame.payment else { return false }
      return row.direction == .outgoing || !named.insert(row.checkingID).inserted
    }
    return max(1, stranger ?? heldFrames.count)
  }

  /// Remembers which payment a frame names.
  ///
  /// - Returns: whether this socket names it for the first time.
  private mutating func note(_ frame: LNbitsJSON.Frame, _ now: Instant) -> Bool {
    guard let row = frame.payment else { return true }
    let isKnown = book?.status(of: row.checkingID) == row.status
    let isFirst = hints.frame(naming: row.checkingID, isKnown: isKnown, at: now.uptime)
    if !isFirst { connection.status.frames.duplicate += 1 }
    return isFirst
  }

  /// The payment is known in this status and the balance is the one that is published.
  private func saysNothingNew(_ frame: LNbitsJSON.Frame) -> Bool {
    guard let row = frame.payment, let book, book.status(of: row.checkingID) == row.status
    else { return false }
    return frame.balanceSatoshi == book.record.balance.amount.satoshi
  }

  // MARK: trust = "frames"

  /// Publishes from frames alone: of each the payment first, then the balance. All of them in one
  /// commit, so that the disk is asked once.
  private mutating func trust(_ frames: [LNbitsJSON.Frame], _ now: Instant) -> [SourceEffect] {
    let isFirst = book == nil
    let book = self.book ?? Book(emptyRecord(now))
    var draft = book.draft
    var payments: [Payment] = []
    var superseded: [String] = []
    var events: [BridgeEvent] = []
    var taken: [LNbitsJSON.Frame] = []
    for frame in frames {
      let before = draft
      if let row = frame.payment, let change = book.change(for: row, seen: sighting(now)(row)) {
        guard book.add(change, to: &draft) else {
          connection.status.frames.rejected += 1
          continue
        }
        payments.append(change.payment)
        if let old = change.supersedes { superseded.append(old) }
        if change.isNews { events.append(.payment(change.payment)) }
        hints.found(change.payment.paymentID, isFrameDue: false, at: now.uptime)
      }
      taken.append(frame)
      guard let satoshi = frame.balanceSatoshi,
        let amount = balance(
          in: satoshi, row: frame.payment, before: before.record, after: draft.record)
      else { continue }
      let previous = draft.record.balance.amount
      if isFirst { draft.record.opening = amount - draft.record.effects }
      if isFirst || amount != previous {
        let change = BalanceChange(
          amount: amount, change: isFirst ? .zero : amount - previous,
          cause: isFirst ? .initial : frame.payment == nil ? .frame : .payment,
          confirmedAt: now.wall)
        draft.record.balance = Balance(amount: amount, changedAt: now)
        events.append(.balance(change))
      }
    }
    guard !events.isEmpty || !payments.isEmpty else { return takeHeldFrames(now) }
    return commit(
      Commit(book: draft.record, payments: payments, superseded: superseded, events: events),
      then: .nextFrames(taken))
  }

  /// The balance that a frame's whole sats stand for.
  ///
  /// The book's own number is finer; it is kept while it rounds down to the frame's. What an
  /// outgoing payment's frame reports, the balance before it or after it, depends on LNbits'
  /// version; left to itself the book tells, since only one of the two fits what it expects. Nil
  /// for more than all the money there is.
  private func balance(
    in satoshi: Int64, row: PaymentRow?, before: BookRecord, after: BookRecord
  ) -> Millisatoshi? {
    let amount = exactBalance(in: satoshi, row: row, before: before, after: after)
    return Millisatoshi(checking: amount.value)
  }

  private func exactBalance(
    in satoshi: Int64, row: PaymentRow?, before: BookRecord, after: BookRecord
  ) -> Millisatoshi {
    // In a burst all frames bear the last one's number, and only the sum of all of them fits it.
    let own = [after.expected, before.balance.amount + after.effects - before.effects]
    func finer(than number: Millisatoshi) -> Millisatoshi? {
      own.first { number <= $0 && $0 < number + Millisatoshi(1000) }
    }
    let reported = Millisatoshi(satoshi * 1000)
    guard let row, row.direction == .outgoing else { return finer(than: reported) ?? reported }
    // By the payment's cost, not by what it changes here: an answer may have run ahead of the
    // frame.
    let reduced = reported - row.amount.magnitude - row.fee
    switch configuration.outgoingBalance {
    case .after: return finer(than: reported) ?? reported
    case .before: return finer(than: reduced) ?? reduced
    case .auto:
      let guess = version?.reportsBalanceBeforeOutgoing == true ? reduced : reported
      return finer(than: reported) ?? finer(than: reduced) ?? guess
    }
  }
}
