package import BridgeModel

/// An LNbits look-alike as a value: wallets, payments, REST answers and the frames that listeners
/// get.
///
/// It does no I/O and reads no clock. Each call is told the time, draws what LNbits would draw from
/// the generator it is handed, and first does what has fallen due since the last call. Frames
/// gather until ``takeDeliveries()``; ``nextDue`` says when it wants to be called again by
/// ``advance(to:using:)``.
package struct SimulatedLNbits: Sendable {
  package var behaviour: Behaviour {
    didSet {
      if behaviour.answerLag == .zero {
        answerable = []
      } else if answerable.isEmpty {
        answerable = [(from: clock.uptime, ledger: ledger)]
      }
    }
  }
  /// What `Authorization: Bearer` must carry for credits, debits and new wallets.
  package let adminToken: String
  package internal(set) var ledger = Ledger() {
    didSet {
      guard !answerable.isEmpty else { return }
      answerable.append((from: clock.uptime + behaviour.answerLag, ledger: ledger))
    }
  }

  /// The time of the latest call.
  var clock: Instant
  var deliveries: [Delivery] = []
  var schedule = Schedule()
  var rateLimit = RateLimit()
  /// What the node knows of payments that LNbits has not asked about yet, by checking id.
  var nodeVerdicts: [String: NodeVerdict] = [:]
  /// Requests that need the database wait until then, see ``Behaviour/blocksWhilePaying``.
  var blockedUntil: Duration?
  let startedAt: Instant

  /// The state of the ledger that REST shows, and those that it will show from a time on; empty
  /// while it shows the present.
  private var answerable: [(from: Duration, ledger: Ledger)] = []
  private var latestStamp = Stamp(microseconds: 0)

  package init(behaviour: Behaviour = .v1_6_2, adminToken: String = "admin", now: Instant) {
    self.behaviour = behaviour
    self.adminToken = adminToken
    clock = now
    startedAt = now
    if behaviour.answerLag > .zero { answerable = [(from: now.uptime, ledger: ledger)] }
  }

  // MARK: Time

  /// When something falls due by itself; nil when nothing is under way.
  package var nextDue: Duration? { schedule.nextDue }

  /// Does what has fallen due: settlements, failures, late frames.
  package mutating func advance(to now: Instant) {
    clock = now
    while let task = schedule.next(at: now.uptime) { perform(task) }
  }

  /// A stamp for now, later than every stamp before it.
  mutating func stamp() -> Stamp {
    latestStamp = max(
      Stamp(clock.wall), Stamp(microseconds: latestStamp.microseconds + 1))
    return latestStamp
  }

  /// The ledger as REST shows it at present.
  mutating func answerableLedger() -> Ledger {
    if let last = answerable.lastIndex(where: { $0.from <= clock.uptime }) {
      answerable.removeSubrange(..<last)
    }
    return answerable.first?.ledger ?? ledger
  }

  // MARK: Frames

  /// A text for everyone who listens under an item id: an invoice key, an admin key, a payment
  /// hash.
  package struct Delivery: Sendable, Hashable {
    package let itemID: String
    package let text: String

    package init(itemID: String, text: String) {
      self.itemID = itemID
      self.text = text
    }
  }

  /// Hands out the frames that are due to listeners, in order.
  package mutating func takeDeliveries() -> [Delivery] {
    defer { deliveries = [] }
    return deliveries
  }

  /// Sends what LNbits sends when it notifies of a payment, to the listeners of both keys and of
  /// the hash.
  mutating func notify(
    _ row: PaymentRow, isFresh: Bool, balance: Millisatoshi? = nil
  ) {
    guard let wallet = ledger.wallet(id: row.walletID) else { return }
    let balance = balance ?? ledger.balance(ofWallet: wallet.id)
    let frame: JSONValue = [
      "wallet_balance": .integer(balance.satoshi),
      "payment": row.json(isFresh: isFresh, behaviour: behaviour, now: Stamp(clock.wall)),
    ]
    let text = frame.text(.pythonDumps)
    let state: JSONValue = [
      "pending": .bool(row.status == .pending), "status": .string(row.status.rawValue),
    ]
    deliveries.append(Delivery(itemID: wallet.invoiceKey, text: text))
    deliveries.append(Delivery(itemID: wallet.adminKey, text: text))
    deliveries.append(Delivery(itemID: row.paymentHash, text: state.text(.pythonDumps)))
  }

  /// What anyone can do who knows a key: hands a text to its listeners as it is.
  package mutating func inject(_ text: String, to itemID: String) {
    deliveries.append(Delivery(itemID: itemID, text: text))
  }

  // MARK: Wallets

  package mutating func createWallet(
    named name: String, now: Instant, using random: inout some RandomNumberGenerator
  ) -> SimulatedWallet {
    advance(to: now)
    let created = stamp()
    let wallet = SimulatedWallet(
      id: random.hexadecimal(bytes: 16), user: random.hexadecimal(bytes: 16), name: name,
      adminKey: random.hexadecimal(bytes: 16), invoiceKey: random.hexadecimal(bytes: 16),
      currency: nil, createdAt: created, updatedAt: created)
    ledger.add(wallet)
    return wallet
  }

  /// Gives the wallet new keys. Sockets under the old one stay open and silent, and REST says 404
  /// to it.
  package mutating func resetKeys(
    ofWallet id: String, now: Instant, using random: inout some RandomNumberGenerator
  ) throws(PaymentRefusal) -> SimulatedWallet {
    advance(to: now)
    var wallet = try knownWallet(id)
    wallet.adminKey = random.hexadecimal(bytes: 16)
    wallet.invoiceKey = random.hexadecimal(bytes: 16)
    wallet.updatedAt = stamp()
    ledger.update(wallet)
    return wallet
  }

  package mutating func deleteWallet(id: String, now: Instant) throws(PaymentRefusal) {
    advance(to: now)
    _ = try knownWallet(id)
    ledger.removeWallet(id: id)
  }

  func knownWallet(_ id: String) throws(PaymentRefusal) -> SimulatedWallet {
    guard let wallet = ledger.wallet(id: id) else { throw .unknownWallet(id) }
    return wallet
  }
}
