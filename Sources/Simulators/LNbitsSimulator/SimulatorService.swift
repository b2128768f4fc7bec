package import BridgeModel

/// Everything about the server that is not a socket: the LNbits, its faults, the scenario that
/// plays, and the control API. A value too, so that it can be tested and replayed without a port.
package struct SimulatorService: Sendable {
  package var lnbits: SimulatedLNbits
  package var faults = Faults()
  /// The shop of the demonstration; nil when nothing happens by itself.
  package var scenario: DemoScenario?
  /// The demonstration's mint, under the same address; nil where there is none.
  package var mint: DemoMint?
  /// How many requests each path has had, the control API's own aside.
  package private(set) var requestCounts: [String: Int] = [:]

  /// How many WebSockets are open under each item id; the shell keeps it.
  package internal(set) var listenerCounts: [String: Int] = [:]

  package init(lnbits: SimulatedLNbits, scenario: DemoScenario? = nil) {
    self.lnbits = lnbits
    self.scenario = scenario
  }

  /// When ``advance(to:using:)`` has something to do; nil: not by itself.
  package var nextDue: Duration? {
    [lnbits.nextDue, scenario?.nextStep, mint?.nextDue].compactMap { $0 }.min()
  }

  package mutating func advance(to now: Instant, using random: inout some RandomNumberGenerator) {
    lnbits.advance(to: now)
    scenario?.step(&lnbits, now: now, using: &random)
    mint?.advance(to: now)
  }

  /// The frames that are waiting, of the LNbits and of the mint.
  mutating func takeDeliveries() -> [SimulatedLNbits.Delivery] {
    mint?.keepConnections { listenerCounts[$0] != nil }
    return lnbits.takeDeliveries() + (mint?.takeDeliveries() ?? [])
  }

  /// A text came in on a socket. LNbits reads none; the mint's sockets speak NUT-17.
  mutating func receive(_ text: String, from itemID: String) {
    mint?.receive(text, from: itemID)
  }

  /// Something that only the shell can do.
  package enum ControlAction: Sendable, Hashable {
    /// Close every WebSocket with a code.
    case closeSockets(code: UInt16)
    /// Let go of every WebSocket without a Close frame.
    case dropSockets
    /// Close every WebSocket with the code, or drop them without one, stop listening, and come back
    /// on the same port.
    case goAway(for: Duration, code: UInt16?)
  }

  /// What the shell does with a request.
  package enum Answer: Sendable, Hashable {
    case respond(RESTResponse, then: ControlAction? = nil)
    /// Close the connection without a word.
    case drop
    /// Keep the connection and say nothing.
    case hang
    /// Open a WebSocket whose listener hears under this item id.
    case upgrade(itemID: String)
  }

  /// Decides on a request, faults considered.
  ///
  /// - Parameter asksForWebSocket: Its head asks for an upgrade.
  package mutating func answer(
    _ request: RESTRequest, asksForWebSocket: Bool, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> Answer {
    if request.path.hasPrefix(Self.controlPrefix) {
      lnbits.advance(to: now)
      return control(request, now: now, using: &random)
    }
    if mint != nil, request.path.hasPrefix(Self.mintPrefix) {
      return answerForMint(request, asksForWebSocket: asksForWebSocket)
    }
    requestCounts[request.path, default: 0] += 1
    if faults.refuses { return .drop }
    if faults.hangs { return .hang }
    if faults.isBadGateway { return .respond(.badGateway) }
    if asksForWebSocket {
      return answerUpgrade(request)
    }
    var response =
      faults.isRateLimited
      ? SimulatedLNbits.rateLimited(lnbits.behaviour.requestsPerMinute ?? 200)
      : lnbits.respond(to: request, now: now, using: &random)
    response.delay += faults.answerDelay
    return .respond(response)
  }

  private static let mintPrefix = "/v1/"

  private mutating func answerForMint(_ request: RESTRequest, asksForWebSocket: Bool) -> Answer {
    if asksForWebSocket, request.path == "/v1/ws", let item = mint?.connect() {
      return .upgrade(itemID: item)
    }
    return .respond(mint?.respond(to: request) ?? .notFound)
  }

  private func answerUpgrade(_ request: RESTRequest) -> Answer {
    let segments = request.segments
    guard segments.count == 4, segments.starts(with: ["api", "v1", "ws"]),
      !request.path.hasSuffix("/")
    else { return .respond(RESTResponse(status: 403, headers: [], body: [])) }
    guard !faults.dropsUpgrade else { return .respond(.methodNotAllowed(allow: "POST")) }
    return .upgrade(itemID: segments[3])
  }
}
