import BridgeModel
import LNbitsSource
import Testing

/// What the wallet's answers over REST mean.
@Suite struct AnswerTests {
  // MARK: Credentials

  static let verdicts: [(Int, String)] = [
    (401, #"{"detail":"No Api Key provided."}"#), (403, #"{"detail":"Invoice key required."}"#),
    (404, #"{"detail":"Wallet not found."}"#),
  ]

  @Test(arguments: verdicts)
  func `LNbits' own refusal ends all attempts`(status: Int, body: String) {
    var world = World()
    world.lnbits.faults = [
      .payments: LNbitsStub.json(status, body), .wallet: LNbitsStub.json(status, body),
    ]
    world.feed(.start)
    world.run(.seconds(1))
    #expect(world.status.state == .failed && world.status.reason == .credentials)
    #expect(world.status.nextRetryAt == nil && world.socket == nil)
    #expect(world.balance == nil && world.told == [])
    world.forget()
    world.feed(.networkChanged)
    world.run(.seconds(3600))
    #expect(world.requests.isEmpty && world.socketsOpened == 1)
    world.lnbits.faults = [:]
    world.feed(.reconnect(keyFingerprint: "key-1"))
    world.run(.seconds(1))
    #expect(world.status.state == .connected)
  }

  @Test(arguments: verdicts)
  func `a key that is reset later is noticed, and the last balance stays`(
    status: Int, body: String
  ) {
    var world = World.connected()
    world.lnbits.faults = [
      .payments: LNbitsStub.json(status, body), .wallet: LNbitsStub.json(status, body),
    ]
    world.run(.seconds(61))
    #expect(world.status.state == .failed && world.status.reason == .credentials)
    #expect(world.balance == 100_000_000 && world.told == [])
  }

  @Test func `only the wallet's own route gives the verdict`() {
    var world = World.connected()
    world.lnbits.faults[.payments] = LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#)
    world.run(.seconds(61))
    #expect(world.status.state == .error && world.status.reason == .serverError)
    world.lnbits.faults = [:]
    world.run(.seconds(10))
    #expect(world.status.state == .connected)
  }

  @Test(arguments: [1002, 1008])
  func `some close codes make it ask about the key at once`(code: Int) {
    var world = World.connected()
    world.lnbits.faults = [
      .payments: LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#),
      .wallet: LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#),
    ]
    world.close(code)
    world.run(.milliseconds(20))
    #expect(world.status.state == .failed && world.status.reason == .credentials)
  }

  // MARK: Outages

  struct Outage: Sendable, CustomTestStringConvertible {
    var what: String
    var answer: LNbitsStub.Answer
    var reason: SourceReason

    var testDescription: String { what }
  }

  static let outages: [Outage] = [
    Outage(what: "a proxy's 404", answer: LNbitsStub.html(404), reason: .protocolError),
    Outage(what: "a proxy's 403", answer: LNbitsStub.html(403), reason: .protocolError),
    Outage(
      what: "a wrong path", answer: LNbitsStub.json(404, #"{"detail":"Not Found"}"#),
      reason: .protocolError),
    Outage(
      what: "a refusal without words", answer: LNbitsStub.json(403, "{}"), reason: .protocolError),
    Outage(
      what: "a refusal of another kind", answer: LNbitsStub.json(404, #"{"detail":[{"msg":"x"}]}"#),
      reason: .protocolError),
    Outage(what: "502", answer: LNbitsStub.html(502), reason: .serverError),
    Outage(what: "503", answer: LNbitsStub.json(503, "{}"), reason: .serverError),
    Outage(what: "not installed", answer: LNbitsStub.html(307), reason: .protocolError),
    Outage(what: "a page instead", answer: LNbitsStub.html(200), reason: .protocolError),
    Outage(what: "nothing at all", answer: LNbitsStub.json(200, ""), reason: .protocolError),
    Outage(
      what: "a fraction of an msat",
      answer: LNbitsStub.json(200, #"{"name":"a","balance":0.5}"#), reason: .protocolError),
    Outage(
      what: "more than all the money",
      answer: LNbitsStub.json(200, #"{"name":"a","balance":2100000000000000001}"#),
      reason: .protocolError),
    Outage(what: "a timeout", answer: LNbitsStub.failure(.timeout), reason: .timeout),
    Outage(what: "no network", answer: LNbitsStub.failure(.network), reason: .network),
    Outage(what: "a certificate", answer: LNbitsStub.failure(.tls), reason: .tls),
  ]

  @Test(arguments: outages, [LNbitsStub.Route.payments, .wallet])
  func `anything else is an outage that passes`(outage: Outage, route: LNbitsStub.Route) {
    var world = World.connected()
    world.lnbits.faults[route] = outage.answer
    world.run(.seconds(61))
    #expect(world.status.state == .error && world.status.reason == outage.reason)
    #expect(world.status.delivery == .unreachable && world.status.lastError != nil)
    #expect(world.status.nextRetryAt.map { $0 > world.now.wall } == true)
    #expect(world.socket != nil, "the socket stays")
    #expect(world.balance == 100_000_000 && world.told == [])
    world.forget()
    world.run(.seconds(120))
    #expect(world.requests.count <= 30, "it does not hammer")
    world.lnbits.faults = [:]
    world.run(.seconds(80))
    #expect(world.status.state == .connected && world.status.delivery == .live)
    #expect(world.status.lastError == nil && world.socketsOpened == 1)
  }

  @Test func `an outage hides nothing for good`() {
    var world = World.connected()
    world.lnbits.faults[.wallet] = LNbitsStub.html(502)
    world.add("a", 1000)
    world.announce("a")
    world.run(.seconds(5))
    #expect(world.told == [.payment("a", .settled)], "the wallet showed it")
    world.lnbits.faults = [:]
    world.run(.seconds(30))
    #expect(world.told.dropFirst() == [.balance(100_001_000, 1000, .payment)])
  }

  @Test func `429 means a minute without a question`() {
    var world = World.connected()
    world.lnbits.faults[.payments] = LNbitsStub.json(429, #"{"error":"Rate limit exceeded"}"#)
    world.frame("{\"wallet_balance\":1}")
    world.run(.milliseconds(10))
    #expect(world.status.state == .error && world.status.reason == .rateLimited)
    #expect(world.status.delivery == .rateLimited)
    #expect(world.status.nextRetryAt.map { $0 - world.now.wall > .seconds(59) } == true)
    world.lnbits.faults = [:]
    world.forget()
    for _ in 0..<59 {
      world.frame("{\"wallet_balance\":1}")
      world.run(.seconds(1))
    }
    #expect(world.requests.isEmpty)
    world.run(.seconds(2))
    #expect(world.status.state == .connected && world.status.delivery == .live)
  }

  @Test func `a limit that another wallet ran into is kept too`() {
    var world = World.connected()
    world.feed(.rateLimited(until: world.now.uptime + .seconds(60)))
    world.frame("{\"wallet_balance\":1}")
    world.run(.seconds(59))
    #expect(world.requests.isEmpty && world.status.state == .connected)
    world.run(.seconds(2))
    #expect(world.count(.wallet) == 1)
  }

  @Test func `a limit outlives a reconnect`() {
    var world = World.connected()
    world.feed(.rateLimited(until: world.now.uptime + .seconds(60)))
    world.feed(.reconnect(keyFingerprint: "key-1"))
    world.run(.seconds(59))
    #expect(world.requests.isEmpty && world.status.state == .connecting)
    world.run(.seconds(2))
    #expect(world.status.state == .connected)
  }

  @Test func `an answer to a question that was given up finds no one`() {
    var world = World.connected()
    world.lnbits.faults[.payments] = .silence
    world.frame("{\"wallet_balance\":1}")
    world.run(.seconds(1))
    world.feed(.stop(.paused))
    let before = world.status
    world.feed(
      .response(
        RequestID(4), UpstreamResponse(status: 404, contentType: nil, body: [])))
    world.feed(.requestFailed(RequestID(4), UpstreamFailure(.network, "late")))
    #expect(world.status == before)
  }

  @Test func `frames while a question is under way are followed by one more round`() {
    var world = World.connected()
    world.latency = .seconds(5)
    world.add("a", 1000)
    world.announce("a")
    for number in 0..<10 { world.frame("{\"wallet_balance\":\(number)}") }
    world.run(.seconds(11))
    #expect(world.told == [.payment("a", .settled), .balance(100_001_000, 1000, .payment)])
    world.run(.seconds(10))
    #expect(world.count(.wallet) == 2)
  }
}
