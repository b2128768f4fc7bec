package import BridgeModel

/// The shop that `walletwire demo` shows: a till with a past and a trickle of payments, and
/// savings.
///
/// A value like the simulator it drives: call ``step(_:now:using:)`` when ``nextStep`` has come.
/// The same generator gives the same shop.
package struct DemoScenario: Sendable {
  /// How many payments the till has behind it at the start.
  static let pastPayments = 120
  /// How far back they reach.
  static let past = Duration.seconds(4 * 86_400)
  /// Above this the till is emptied into the savings.
  static let fullTill = Millisatoshi(1_500_000_000)

  package let till: SimulatedWallet
  package let savings: SimulatedWallet
  /// When the next payment is due.
  package private(set) var nextStep: Duration

  /// Opens the shop in an LNbits: both wallets and their history.
  package init(
    in lnbits: inout SimulatedLNbits, now: Instant, using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) {
    till = lnbits.createWallet(named: "till", now: now, using: &random)
    savings = lnbits.createWallet(named: "savings", now: now, using: &random)
    nextStep = now.uptime + .seconds(2)
    try addHistory(to: &lnbits, now: now, using: &random)
  }

  // MARK: The past

  private func addHistory(
    to lnbits: inout SimulatedLNbits, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) {
    var moments: [Timestamp] = []
    for _ in 0..<Self.pastPayments {
      // Denser towards now, so that the page's last 24 hours are lively.
      let share = Double.random(in: 0...1, using: &random)
      let age = Double(Self.past.wholeMilliseconds) * share * share
      moments.append(now.wall - .milliseconds(Int64(age) + 60_000))
    }
    moments.sort()
    let start = (moments.first ?? now.wall) - .seconds(3600)
    for (wallet, satoshi) in [(till, Int64(180_000)), (savings, 2_100_000)] {
      try lnbits.addSettled(
        wallet: wallet.id, amount: Millisatoshi(satoshi * 1000), fee: .zero,
        memo: "Opening balance", createdAt: start, settledAt: start, using: &random)
    }
    for moment in moments {
      let settled = moment + .milliseconds(Int64.random(in: 800...25_000, using: &random))
      let sale = Self.sale(using: &random)
      let purchase = Self.purchase(using: &random)
      let cost = Millisatoshi(purchase.satoshi * 1000)
      let fee = Self.routingFee(for: cost, using: &random)
      let room = lnbits.ledger.balance(ofWallet: till.id)
      if Int.random(in: 0..<100, using: &random) < 22, room > cost + cost {
        try lnbits.addSettled(
          wallet: till.id, amount: -cost, fee: fee, memo: purchase.memo, createdAt: moment,
          settledAt: settled, using: &random)
      } else {
        try lnbits.addSettled(
          wallet: till.id, amount: Millisatoshi(sale.satoshi * 1000), fee: .zero, memo: sale.memo,
          extra: sale.extra, createdAt: moment, settledAt: settled, using: &random)
      }
    }
  }

  // MARK: The present

  /// What can happen at the counter.
  private enum Occasion {
    case sale, largeSale, slowSale, unpaidInvoice, purchase, slowPurchase, failingPurchase
    case toSavings, withdrawal
  }

  /// Does one thing if it is time for it, and sets the time of the next.
  package mutating func step(
    _ lnbits: inout SimulatedLNbits, now: Instant,
    using random: inout some RandomNumberGenerator
  ) {
    guard now.uptime >= nextStep else { return }
    nextStep = now.uptime + .milliseconds(Int64.random(in: 2_000...6_500, using: &random))
    // A purchase that the till cannot pay is refused by LNbits and simply does not happen.
    try? perform(occasion(in: lnbits, using: &random), in: &lnbits, now: now, using: &random)
  }

  private func occasion(
    in lnbits: SimulatedLNbits, using random: inout some RandomNumberGenerator
  ) -> Occasion {
    if lnbits.ledger.balance(ofWallet: till.id) > Self.fullTill { return .toSavings }
    switch Int.random(in: 0..<100, using: &random) {
    case ..<62: return .sale
    case ..<64: return .largeSale
    case ..<72: return .slowSale
    case ..<74: return .unpaidInvoice
    case ..<90: return .purchase
    case ..<94: return .slowPurchase
    case ..<97: return .failingPurchase
    case ..<99: return .toSavings
    default: return .withdrawal
    }
  }

  private func perform(
    _ occasion: Occasion, in lnbits: inout SimulatedLNbits, now: Instant,
    using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) {
    let quick = Duration.milliseconds(Int64.random(in: 300...2_200, using: &random))
    let slow = Duration.milliseconds(Int64.random(in: 7_000...20_000, using: &random))
    switch occasion {
    case .sale, .largeSale, .slowSale, .unpaidInvoice:
      let sale =
        occasion == .largeSale
        ? Self.pick(DemoCatalogue.largeSales, using: &random) : Self.sale(using: &random)
      let invoice = try lnbits.createInvoice(
        wallet: till.id, satoshi: sale.satoshi, memo: sale.memo, extra: sale.extra, now: now,
        using: &random)
      guard occasion != .unpaidInvoice else { return }
      try lnbits.payFromOutside(
        checkingID: invoice.checkingID, after: occasion == .slowSale ? slow : quick, now: now)
    case .purchase, .slowPurchase, .failingPurchase:
      let purchase = Self.purchase(using: &random)
      let amount = Millisatoshi(purchase.satoshi * 1000)
      let fee = Self.routingFee(for: amount, using: &random)
      let outcome: ExternalOutcome =
        switch occasion {
        case .slowPurchase: .settles(after: slow, fee: fee)
        case .failingPurchase: .fails(after: slow)
        default: .settles(after: quick, fee: fee)
        }
      _ = try lnbits.payOutside(
        wallet: till.id, amount: amount, memo: purchase.memo, outcome: outcome, now: now,
        using: &random)
    case .toSavings:
      let till = lnbits.ledger.balance(ofWallet: till.id).satoshi
      _ = try lnbits.transfer(
        satoshi: max(1, till / 3 / 1000 * 1000), from: self.till.id, to: savings.id,
        memo: "To savings 🌱", now: now, using: &random)
    case .withdrawal:
      let amount = Millisatoshi(Int64.random(in: 100...260, using: &random) * 1_000_000)
      _ = try lnbits.payOutside(
        wallet: savings.id, amount: amount, memo: "To cold storage ❄️",
        outcome: .settles(after: slow, fee: Self.routingFee(for: amount, using: &random)), now: now,
        using: &random)
    }
  }

  // MARK: Chance

  private struct Deal {
    var memo: String
    var satoshi: Int64
    var extra: JSONValue = [:]
  }

  private static func pick(
    _ articles: [DemoCatalogue.Article], using random: inout some RandomNumberGenerator
  ) -> Deal {
    let article = articles[Int.random(in: 0..<articles.count, using: &random)]
    var deal = Deal(
      memo: article.memo, satoshi: Int64.random(in: article.satoshi, using: &random))
    if let tag = article.tag {
      deal.extra = ["tag": .string(tag)]
      if tag == "lnurlp", Bool.random(using: &random) {
        let comments = DemoCatalogue.comments
        let comment = comments[Int.random(in: 0..<comments.count, using: &random)]
        deal.extra = ["tag": .string(tag), "comment": .string(comment)]
      }
    }
    return deal
  }

  private static func sale(using random: inout some RandomNumberGenerator) -> Deal {
    let isLarge = Int.random(in: 0..<40, using: &random) == 0
    return pick(isLarge ? DemoCatalogue.largeSales : DemoCatalogue.sales, using: &random)
  }

  private static func purchase(using random: inout some RandomNumberGenerator) -> Deal {
    let isLarge = Int.random(in: 0..<5, using: &random) == 0
    return pick(isLarge ? DemoCatalogue.largePurchases : DemoCatalogue.purchases, using: &random)
  }

  /// One satoshi and up to 0.4 %, in odd millisatoshi, as routing has it; never more than the
  /// reserve.
  private static func routingFee(
    for amount: Millisatoshi, using random: inout some RandomNumberGenerator
  ) -> Millisatoshi {
    let share = Int64.random(in: 0...4_000, using: &random)
    return Millisatoshi(1000 + amount.value / 1_000_000 * share)
  }
}
