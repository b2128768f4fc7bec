import BridgeModel

/// What becomes of outgoing payments that are pending here.
extension LNbitsSource {
  mutating func takePending(
    _ asked: [String], _ response: UpstreamResponse, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    let list: PaymentList
    do throws(PaymentList.Refusal) {
      list = try PaymentList(response.body)
    } catch {
      return failRound(
        .protocolError, "the list of pending payments is \(error.words)", now: now, using: &random)
    }
    let effects = skip(list)
    learnZone(list.rows, now)
    var changes = changes(for: list.rows, now)
    // Some releases pass over filters that they do not know: a full page may then lack what was
    // asked for.
    if list.elements.count < ReconcileRound.pendingPageRows, let book {
      let hashes = Set(asked)
      let payments = book.pending.values.filter { hashes.contains($0.paymentHash) }
      changes += forgotten(payments, among: list.rows, and: list.unreadable, now)
    }
    return effects + publish(changes, now: now)
  }

  /// Before 1.0 payments cannot be asked for by their hash: the whole list tells of them instead.
  ///
  /// - Returns: What to ask for; nil once the whole list was read, and then `changes` tells what it
  ///   lacks.
  mutating func readAllForPending(
    _ changes: inout [Book.Change], _ now: Instant
  ) -> [SourceEffect]? {
    guard version?.filtersByHash == false, let round, !round.unaskedPending.isEmpty else {
      return nil
    }
    self.round?.unaskedPending = []
    guard round.scan.depth == .everything else {
      let scan = makeScan(.everything)
      self.round?.scan = scan
      return ask(.payments)
    }
    changes += forgotten(
      round.unaskedPending, among: round.scan.rows.values, and: round.scan.unreadable, now)
    return nil
  }

  /// Those of these payments that the wallet, asked for them, no longer knows.
  private mutating func forgotten(
    _ payments: [Payment], among rows: some Sequence<PaymentRow>, and unreadable: [UnreadableRow],
    _ now: Instant
  ) -> [Book.Change] {
    guard let book, let round else { return [] }
    let gone = missing.gone(
      payments, among: rows, and: unreadable, ofRoundAt: round.startedAt, now: now.uptime)
    return gone.map { book.forgottenChange(for: $0, at: now.wall) }
  }
}
