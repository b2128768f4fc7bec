import BridgeModel
import LNbitsSimulator

/// One LNbits with the network before it.
final class Upstream {
  let url: String
  var lnbits: SimulatedLNbits
  var weather = Weather()
  private(set) var walletIDs: [String] = []
  /// Open sockets, as this side sees them, in the order of their opening.
  var sockets: [SimulatedSocket] = []
  private unowned let world: World
  private var random: SeededRandom
  private var nextAdvance: (due: Duration, ticket: Agenda.Ticket)?
  /// How it was a moment ago, for answers that are stale.
  private var past: [(at: Instant, lnbits: SimulatedLNbits)] = []

  /// Older answers than this are no fault of a network any more.
  private static let stalest: Duration = .seconds(3)

  init(url: String, behaviour: Behaviour, world: World) {
    self.url = url
    self.world = world
    random = world.chance.split()
    lnbits = SimulatedLNbits(behaviour: behaviour, now: world.now)
  }

  func addWallet(named name: String) {
    let wallet = lnbits.createWallet(named: name, now: world.now, using: &random)
    walletIDs.append(wallet.id)
  }

  func key(ofWallet id: String) -> String {
    lnbits.ledger.wallet(id: id)?.invoiceKey ?? ""
  }

  func has(_ trouble: Trouble) -> Bool { weather.has(trouble, at: world.uptime) }

  // MARK: Money

  /// Does something with the wallets; what LNbits refuses does not happen.
  @discardableResult
  func change<Result>(
    _ body: (inout SimulatedLNbits, Instant, inout SeededRandom) throws -> Result
  ) -> Result? {
    rememberPast()
    let result = try? body(&lnbits, world.now, &random)
    settle()
    return result
  }

  /// After anything that may have changed it: the oracle looks, frames go out, and what comes next
  /// is planned.
  func settle() {
    world.oracle.observe(self)
    for delivery in lnbits.takeDeliveries() {
      for socket in sockets where socket.key == delivery.itemID {
        deliver(delivery.text, to: socket)
      }
    }
    guard let due = lnbits.nextDue, due != nextAdvance?.due else { return }
    if let nextAdvance { world.agenda.cancel(nextAdvance.ticket) }
    let ticket = world.agenda.plan(at: due) { [unowned self] in
      nextAdvance = nil
      rememberPast()
      lnbits.advance(to: world.now)
      settle()
    }
    nextAdvance = (due, ticket)
  }

  private func rememberPast() {
    past.removeAll { $0.at.uptime + Self.stalest < world.uptime }
    past.append((world.now, lnbits))
  }

  // MARK: REST

  func respond(to request: RESTRequest) -> RESTResponse {
    if has(.stale), let moment = past.first, world.chance.happens(0.7),
      moment.at.uptime + Self.stalest >= world.uptime
    {
      var old = moment.lnbits
      return old.respond(to: request, now: moment.at, using: &random)
    }
    let response = lnbits.respond(to: request, now: world.now, using: &random)
    settle()
    sellMeanwhile(request)
    return response
  }

  /// A payment that comes in while a list is being read: the next page is shifted by it.
  private func sellMeanwhile(_ request: RESTRequest) {
    guard !world.isCalm, request.path.hasPrefix("/api/v1/payments"), world.chance.happens(0.1)
    else { return }
    let id = walletIDs.first { key(ofWallet: $0) == request.headers["x-api-key"] }
    if let id { world.receive(self, id, count: 1, after: .zero) }
  }

  // MARK: Frames

  private func deliver(_ text: String, to socket: SimulatedSocket) {
    if has(.mutesFrames) { return world.trace("\(url): a frame gets lost") }
    if has(.cutsFrames), world.chance.happens(0.5) { return socket.cutFrame(text) }
    let delay: Duration =
      has(.delaysFrames) && world.chance.happens(0.6)
      ? world.chance.milliseconds(200...40_000) : .zero
    let copies = has(.doublesFrames) ? 2 : 1
    for _ in 0..<copies {
      guard delay > .zero else {
        socket.sendText(text)
        continue
      }
      world.after(delay) { socket.sendText(text) }
    }
  }

  /// Anyone who knows a key can have any text relayed.
  func forge(_ text: String, to key: String) {
    lnbits.inject(text, to: key)
    settle()
  }

  /// It goes down and comes back: sockets close with this code; 1006 is without a word.
  func closeSockets(code: UInt16) {
    for socket in sockets { socket.closeFromServer(code: code) }
  }
}
