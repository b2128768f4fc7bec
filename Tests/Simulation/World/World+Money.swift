import BridgeModel
import LNbitsSimulator

/// What happens in the wallets.
extension World {
  private enum Occasion: CaseIterable {
    case sale, sale2, silentSale, slowSale, unpaidInvoice, burst
    case transfer, selfPayment, credit, debit
    case purchase, purchase2, slowPurchase, failingPurchase, pendingPurchase, pendingFailure
    case failureThatSettles, renamedPurchase, repeatedNotification, forgottenUpdate
  }

  /// The past that the wallets have before the bridge first asks.
  func makePast() {
    for upstream in origins {
      oracle.observe(upstream)
      for wallet in upstream.walletIDs {
        let satoshi = Int64(chance.number(500_000...900_000))
        upstream.change { try $0.credit(wallet: wallet, satoshi: satoshi, now: $1, using: &$2) }
        guard chance.happens(0.7) else { continue }
        for _ in 0..<chance.number(1...12) { receive(upstream, wallet, count: 1, after: .zero) }
        if chance.happens(0.5) {
          let amount = amount()
          pay(
            upstream, wallet, amount, .pendingThenSettles(after: .seconds(40), fee: fee(of: amount))
          )
        }
      }
    }
    payments = 0
  }

  /// One occasion after another, until the storm ends.
  func planPayments() {
    after(chance.milliseconds(plan.paymentGap)) { [unowned self] in
      guard !isCalm else { return }
      for _ in 0..<chance.pick([1, 1, 1, 2, 4]) { perform(chance.pick(Occasion.allCases)) }
      planPayments()
    }
  }

  private func perform(_ occasion: Occasion) {
    let upstream = chance.pick([origins[0], origins[0], origins[1]])
    let wallet = chance.pick(upstream.walletIDs)
    trace("\(upstream.url): \(occasion)")
    switch occasion {
    case .sale, .sale2:
      receive(upstream, wallet, count: 1, after: chance.milliseconds(0...3000))
    case .silentSale:
      receive(
        upstream, wallet, count: 1, after: chance.milliseconds(0...9000), discovery: .checked)
    case .slowSale:
      receive(upstream, wallet, count: 1, after: chance.milliseconds(5000...60_000))
    case .unpaidInvoice:
      _ = invoice(upstream, wallet)
    case .burst:
      receive(upstream, wallet, count: chance.number(8...30), after: chance.milliseconds(0...3000))
    case .transfer, .selfPayment:
      let receiver = occasion == .selfPayment ? wallet : chance.pick(upstream.walletIDs)
      let satoshi = Int64(chance.number(1...900))
      let sent = upstream.change {
        try $0.transfer(
          satoshi: satoshi, from: wallet, to: receiver, memo: "a transfer", now: $1, using: &$2)
      }
      if sent != nil { payments += 2 }
    case .credit, .debit:
      let satoshi = Int64(chance.number(1...900))
      let moved = upstream.change {
        occasion == .credit
          ? try $0.credit(wallet: wallet, satoshi: satoshi, now: $1, using: &$2)
          : try $0.debit(wallet: wallet, satoshi: satoshi, now: $1, using: &$2)
      }
      if moved != nil { payments += 1 }
    case .repeatedNotification, .forgottenUpdate:
      touchAgain(upstream, wallet, isNotified: occasion == .repeatedNotification)
    default:
      let amount = amount()
      pay(upstream, wallet, amount, outcome(occasion, of: amount))
    }
  }

  private func outcome(_ occasion: Occasion, of amount: Millisatoshi) -> ExternalOutcome {
    let quick = chance.milliseconds(50...4000)
    let slow = chance.milliseconds(6000...90_000)
    // Now and then so late that many newer payments stand before it.
    let long = chance.happens(0.3) ? chance.milliseconds(100_000...300_000) : slow
    let fee = fee(of: amount)
    return switch occasion {
    case .slowPurchase: .settles(after: slow, fee: fee)
    case .failingPurchase: .fails(after: chance.happens(0.5) ? quick : slow)
    case .pendingPurchase: .pendingThenSettles(after: long, fee: fee)
    case .pendingFailure: .pendingThenFails(after: long)
    case .failureThatSettles:
      .failsThenSettles(failsAfter: quick, settlesAfter: quick + slow, fee: fee)
    case .renamedPurchase:
      .settlesRenamed(
        after: chance.happens(0.5) ? quick : slow, fee: fee,
        checkingID: "node\(chance.number(0...Int.max))")
    default: .settles(after: quick, fee: fee)
    }
  }

  private func amount() -> Millisatoshi { Millisatoshi(Int64(chance.number(1000...5_000_000))) }

  /// Now and then just what was set aside: then no balance tells that the payment has settled.
  private func fee(of amount: Millisatoshi) -> Millisatoshi {
    chance.happens(0.25)
      ? Behaviour.feeReserve(for: amount) : Millisatoshi(Int64(chance.number(0...2000)))
  }

  private func invoice(_ upstream: Upstream, _ wallet: String) -> PaymentRow? {
    let satoshi = Int64(chance.number(1...900))
    return upstream.change {
      try $0.createInvoice(wallet: wallet, satoshi: satoshi, memo: "a sale", now: $1, using: &$2)
    }
  }

  /// Invoices are made now, and paid a little later; several all at once.
  /// Somebody out there pays new invoices of a wallet, all at once where there are several.
  func receive(
    _ upstream: Upstream, _ wallet: String, count: Int, after delay: Duration,
    discovery: Discovery = .notified
  ) {
    let ids = (0..<count).compactMap { _ in invoice(upstream, wallet)?.checkingID }
    payments += ids.count
    guard ids.count == 1, let id = ids.first else {
      after(delay) {
        upstream.change { lnbits, now, _ in
          lnbits.payFromOutside(checkingIDs: ids, now: now)
        }
      }
      return
    }
    upstream.change { lnbits, now, _ in
      try lnbits.payFromOutside(checkingID: id, after: delay, discovery: discovery, now: now)
    }
  }

  private func pay(
    _ upstream: Upstream, _ wallet: String, _ amount: Millisatoshi, _ outcome: ExternalOutcome
  ) {
    let sent = upstream.change {
      try $0.payOutside(
        wallet: wallet, amount: amount, memo: "a purchase", outcome: outcome, now: $1, using: &$2)
    }
    if sent != nil { payments += 1 }
  }

  /// Old rows move to the top of the list, or lose the time of their last change.
  private func touchAgain(_ upstream: Upstream, _ wallet: String, isNotified: Bool) {
    let settled = upstream.lnbits.ledger.rows(ofWallet: wallet).filter {
      $0.status == .success && !$0.isOutgoing
    }
    guard !settled.isEmpty else { return }
    let id = chance.pick(settled).checkingID
    upstream.change { lnbits, now, _ in
      if isNotified {
        try lnbits.repeatNotification(checkingID: id, now: now)
      } else {
        try lnbits.forgetUpdate(checkingID: id, now: now)
      }
    }
  }
}
