import BridgeModel
import Testing

@testable import CashuSource

@Suite("Connections, heartbeats and limits")
struct ConnectionTests {
  private func connected(_ ids: [String] = ["q1"]) -> Rig {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ids)
    rig.run(.seconds(1))
    return rig
  }

  @Test("A probe has a subId of its own, and only that one is unsubscribed after it")
  func probesUnderAnotherName() {
    var rig = connected()
    rig.run(.seconds(31))
    let texts = rig.mint.messages.map(\.text)
    #expect(texts.count == 3)
    #expect(texts[0].contains(#""subId":"watch-1""#))
    #expect(texts[1].contains(#""method":"subscribe""#))
    #expect(texts[1].contains(#""subId":"probe-2""#))
    #expect(texts[2].contains(#""method":"unsubscribe""#))
    #expect(texts[2].contains(#""subId":"probe-2""#))
    #expect(rig.source.status.heartbeatRoundTrip == .milliseconds(20))
  }

  @Test("Without a watch the heartbeat is a ping")
  func pingsWithoutWatch() {
    var rig = Rig()
    rig.give(.start)
    rig.run(.seconds(100))
    #expect(rig.source.status.state == .connected)
    #expect(rig.mint.pings == 3)
    #expect(rig.mint.messages.isEmpty)
  }

  @Test("A silent zombie is noticed within interval and timeout, and left")
  func zombie() {
    var rig = connected()
    rig.mint.isHung = true
    rig.run(.seconds(41))
    #expect(rig.source.status.state != .connected)
    #expect(rig.source.status.reason == .heartbeat)
    rig.mint.isHung = false
    rig.run(.seconds(60))
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.published.last?.via == .websocket)
  }

  @Test("A socket that answers pings and no request is replaced, and no probes overlap")
  func deaf() {
    var rig = connected()
    rig.mint.isDeafToRequests = true
    rig.run(.seconds(300))
    #expect(rig.source.status.metrics.disconnections >= 1)
    #expect(rig.source.status.delivery == .polling)
    rig.mint.isDeafToRequests = false
    rig.run(.seconds(300))
    rig.change("q1", to: .paid)
    rig.run(.seconds(30))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.source.status.state == .connected)
  }

  @Test("After a cut everything is subscribed anew, and what happened meanwhile is told once")
  func resubscribes() {
    var rig = connected((0..<120).map { "q\($0)" })
    rig.cut()
    #expect(rig.source.status.state == .reconnecting)
    for number in 0..<120 { rig.change("q\(number)", to: .paid) }
    rig.run(.seconds(70))
    #expect(rig.published.count == 120)
    #expect(rig.source.status.state == .connected)
    for number in 0..<120 { rig.change("q\(number)", to: .issued) }
    rig.run(.seconds(70))
    #expect(rig.published.count == 240)
  }

  @Test("A close with code 1000 is a reconnect, as any other", arguments: [1000, 1001, 1006, 1012])
  func everyCloseReconnects(code: Int) {
    var rig = connected()
    rig.run(.seconds(100))
    rig.cut(code: code)
    rig.run(.seconds(3))
    #expect(rig.source.status.state == .connected)
    #expect(rig.mint.connects.count == 2)
  }

  @Test("A group holds at most 50 filters")
  func groups() {
    var rig = Rig()
    rig.watch(.bolt11MintQuote, (0..<120).map { "q\($0)" })
    rig.watch(.proofState, ["Y1"])
    rig.give(.start)
    rig.run(.seconds(1))
    #expect(rig.mint.messages.count == 4)
    for message in rig.mint.messages {
      #expect(message.text.split(separator: "\"q").count <= 52)
    }
  }

  @Test("A limited mint gets a minute of silence, over HTTP too")
  func silence() {
    var rig = connected()
    rig.run(.seconds(20))
    rig.text(#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Rate limit exceeded"},"id":0}"#)
    #expect(rig.source.status.delivery == .rateLimited)
    let (messages, questions) = (rig.mint.messages.count, rig.mint.questions.count)
    rig.run(.seconds(60))
    #expect(rig.mint.messages.count == messages)
    #expect(rig.mint.questions.count == questions)
    #expect(rig.mint.pings > 0)
    rig.run(.seconds(60))
    #expect(rig.source.status.delivery == .live)
    #expect(rig.source.status.state == .connected)
  }

  @Test("An upgrade refused with 500 is not tried again for a minute")
  func limitedUpgrade() {
    var rig = connected()
    rig.give(.stop(.paused))
    rig.give(.start)
    for _ in 0..<30 { _ = rig.mint.receive("{}", at: rig.now) }
    rig.give(.stop(.paused))
    rig.give(.start)
    rig.run(.seconds(1))
    let connects = rig.mint.connects.count
    #expect(rig.source.status.reason == nil || rig.source.status.reason == .serverError)
    rig.run(.seconds(55))
    #expect(rig.mint.connects.count == connects)
    rig.run(.seconds(10))
    #expect(rig.mint.connects.count == connects + 1)
    #expect(rig.source.status.state == .connected)
  }

  @Test("Stopping ends everything, and nothing wakes it")
  func stops() {
    var rig = connected()
    rig.give(.stop(.paused))
    let messages = rig.mint.messages.count
    rig.run(.seconds(3600))
    #expect(rig.source.status.state == .disconnected)
    #expect(rig.mint.messages.count == messages)
    #expect(rig.mint.connects.count == 1)
  }

  @Test(
    "Garbage on the socket is counted, and harmless",
    arguments: [
      "", "[]", "null", "{", #"{"method":"subscribe","params":{}}"#, "{\"id\":{}}", "\u{0}",
    ])
  func garbage(text: String) {
    var rig = connected()
    rig.text(text)
    #expect(rig.source.status.frames.rejected == 1)
    #expect(rig.source.status.state == .connected)
  }
}

@Suite("Outages and bursts")
struct OutageTests {
  @Test("Attempts that never reach the mint cost none of its budget: it is back at once")
  func attemptsInVain() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(1))
    rig.mint.isReachable = false
    rig.cut()
    rig.run(.seconds(1800))
    #expect(rig.mint.connects.count > 20)
    rig.mint.isReachable = true
    rig.change("q1", to: .paid)
    // The retry that is due anyway, and then no minute of silence.
    rig.run(.seconds(75))
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .live)
    #expect(rig.transitions(of: "q1") == [.paid])
  }

  @Test("A failed question is asked again soon, and does not hold up the others")
  func failedQuestion() {
    var rig = Rig(
      SimulatedMint(),
      CashuConfiguration(name: "mint", reconcileInterval: .seconds(3600)))
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(30))
    rig.mint.isReachable = false
    rig.run(.seconds(3600))
    rig.mint.isReachable = true
    rig.run(.seconds(90))
    #expect(rig.source.status.delivery == .live)
    #expect(rig.source.status.state == .connected)
  }

  @Test("Watches that come one after the other share subscriptions, and all are told at once")
  func burst() {
    var rig = Rig()
    rig.give(.start)
    rig.run(.seconds(1))
    for number in 0..<300 {
      rig.watch(.bolt11MintQuote, ["q\(number)"])
      rig.run(.milliseconds(2))
    }
    rig.run(.seconds(5))
    for number in 0..<300 { rig.change("q\(number)", to: .paid) }
    rig.run(.seconds(1))
    #expect(rig.published.count == 300)
    #expect(rig.published.allSatisfy { $0.via == .websocket })
    #expect(rig.mint.messages.count <= 9)
  }
}
