import BridgeModel
import TestSupport
import Testing

@Suite struct ConnectionLifecycleTests {
  private func life(
    _ steps: [Life.Step], policy: ReconnectPolicy = ReconnectPolicy(), usesSocket: Bool = true
  ) -> Life {
    var life = Life(policy: policy, usesSocket: usesSocket)
    life.play(steps)
    return life
  }

  private let connected: [Life.Step] = [.start, .opened, .confirmed]

  // MARK: Effects

  @Test func `a start opens a socket, each with a number of its own`() {
    var life = life([.start])
    #expect(life.effects == [.openSocket(SocketID(1), Life.request)])
    life.play([.attemptFailed(.network), .woken])
    #expect(life.effects == [.openSocket(SocketID(2), Life.request)])
  }

  @Test func `a start by hand closes the open socket first`() {
    let life = life(connected + [.start])
    #expect(
      life.effects
        == [.closeSocket(SocketID(1), code: 1000), .openSocket(SocketID(2), Life.request)])
  }

  @Test func `an attempt under way is aborted, not closed`() {
    #expect(life([.start, .stop(.paused)]).effects == [.abortSocket(SocketID(1))])
  }

  @Test func `a stop closes the socket once`() {
    var life = life(connected + [.stop(.paused)])
    #expect(life.effects == [.closeSocket(SocketID(1), code: 1000)])
    life.play(.stop(.stopping))
    #expect(life.effects == [])
    #expect(life.status.reason == .stopping)
  }

  @Test func `refused credentials close the socket once`() {
    var life = life(connected + [.refused])
    #expect(life.effects == [.closeSocket(SocketID(1), code: 1000)])
    #expect(!life.lifecycle.mayAsk && life.lifecycle.isWanted)
    life.play(.refused)
    #expect(life.effects == [])
  }

  @Test func `a silent peer is asked, then dropped without ceremony`() {
    var life = life(connected + [.woken])
    #expect(life.effects == [.sendPing(SocketID(1), [])])
    life.play(.woken)
    #expect(life.effects == [.abortSocket(SocketID(1))])
    #expect(life.status.lastError == "no sign of life within 10000 ms of a ping")
  }

  @Test func `the heartbeat runs from the opening on, before any answer`() {
    #expect(life([.start, .opened, .woken]).effects == [.sendPing(SocketID(1), [])])
  }

  @Test func `a wake before its time does nothing`() {
    var life = life(connected + [.closed(1012)])
    var random = SeededGenerator(seed: 1)
    let effects = life.lifecycle.wake(now: life.now, using: &random) { _ in [] }
    #expect(effects == [])
    #expect(life.status.state == .reconnecting)
  }

  @Test func `a network change has an open socket asked at once`() {
    let life = life(connected + [.passes(.seconds(3)), .networkChanged])
    #expect(life.effects == [])
    #expect(life.lifecycle.nextWake == life.now.uptime)
  }

  // MARK: Late news

  @Test func `what an old socket says changes nothing`() {
    var life = life(connected + [.closed(1012), .woken, .opened, .confirmed])
    let before = life.status
    let old = SocketID(1)
    var random = SeededGenerator(seed: 2)
    life.lifecycle.opened(old, now: life.now)
    life.lifecycle.closed(old, code: 1011, reason: "", now: life.now, using: &random)
    life.lifecycle.attemptFailed(
      old, UpstreamFailure(.network, "late"), now: life.now, using: &random)
    life.lifecycle.pong(old, now: life.now)
    #expect(life.status == before)
    #expect(life.lifecycle.isCurrent(SocketID(2)) && !life.lifecycle.isCurrent(old))
  }

  // MARK: Metrics

  @Test func `attempts, successes and drops are counted`() {
    let life = life([
      .start, .attemptFailed(.network), .woken, .opened, .confirmed, .closed(1012), .woken,
      .attemptFailed(.tls), .woken, .opened, .confirmed,
    ])
    #expect(life.metrics.connectionAttempts == 4)
    #expect(life.metrics.successfulConnections == 2)
    #expect(life.metrics.successRate == 0.5)
    #expect(life.metrics.disconnections == 1)
    #expect(life.metrics.reconnectAttempt == 0)
    #expect(life.metrics.lastCloseCode == 1012)
    #expect(life.metrics.lastCloseReason == "bye")
    #expect(life.status.lastError == nil)
  }

  @Test func `there is no rate of success before an attempt`() {
    #expect(life([]).metrics.successRate == nil)
    #expect(life([.start]).metrics.successRate == 0)
  }

  @Test func `a connection that confirms itself late is a success, once`() {
    let late = life([.start, .opened, .unanswered(.timeout), .unanswered(.timeout), .confirmed])
    #expect(late.metrics.successfulConnections == 1)
    let again = life(connected + [.unanswered(.timeout), .confirmed, .confirmed])
    #expect(again.metrics.successfulConnections == 1)
  }

  @Test func `the number of the next attempt is shown`() {
    var life = life(connected + [.closed(1012)])
    #expect(life.metrics.reconnectAttempt == 1)
    life.play([.woken, .attemptFailed(.network)])
    #expect(life.metrics.reconnectAttempt == 2)
    life.play(.start)
    #expect(life.metrics.reconnectAttempt == 0)
  }

  @Test func `the time to connect runs from the attempt to the open socket`() {
    let life = life([.start, .passes(.milliseconds(12)), .opened, .passes(.seconds(5)), .confirmed])
    #expect(life.metrics.lastConnectTime == .milliseconds(12))
  }

  @Test func `the round trip runs from the ping to the pong`() {
    let life = life(connected + [.woken, .passes(.milliseconds(7)), .pong])
    #expect(life.status.heartbeatRoundTrip == .milliseconds(7))
  }

  @Test func `downtime is the time without a connection that is wanted`() {
    var life = life([.passes(.seconds(100)), .start, .passes(.seconds(2)), .opened, .confirmed])
    #expect(life.metrics.downtime(at: life.now.uptime) == .seconds(2))
    life.play(.passes(.seconds(50)))
    #expect(life.metrics.downtime(at: life.now.uptime) == .seconds(2))
    life.play([.closed(1006), .passes(.seconds(3)), .stop(.paused), .passes(.seconds(1000))])
    #expect(life.metrics.downtime(at: life.now.uptime) == .seconds(5))
    life.play([.start, .passes(.seconds(1))])
    #expect(life.metrics.downtime(at: life.now.uptime) == .seconds(6))
    life.play([.opened, .confirmed, .unanswered(.timeout), .passes(.seconds(4)), .confirmed])
    #expect(life.metrics.downtime(at: life.now.uptime) == .seconds(10))
  }

  @Test func `a state lasts since it began, whatever its reason does`() {
    var life = life(connected + [.passes(.seconds(9)), .closed(1012)])
    let began = life.now.wall
    life.play([.woken, .attemptFailed(.network), .passes(.seconds(9))])
    #expect(life.status.since.wall == began)
    #expect(life.status.state == .reconnecting)
  }

  // MARK: Wakes

  @Test func `a wake is wanted only while something can come due`() {
    #expect(life([]).lifecycle.nextWake == nil)
    #expect(life([.start]).lifecycle.nextWake == nil)
    #expect(life(connected).lifecycle.nextWake == .seconds(1030))
    #expect(life(connected + [.closed(1012)]).lifecycle.nextWake == .milliseconds(1_000_800))
    #expect(life(connected + [.refused]).lifecycle.nextWake == nil)
    #expect(life(connected + [.stop(.paused)]).lifecycle.nextWake == nil)
    #expect(life([.start, .confirmed], usesSocket: false).lifecycle.nextWake == nil)
    let byHand = ReconnectPolicy(maximumAttempts: 0, failedRetry: .zero)
    #expect(life([.start, .attemptFailed(.tls)], policy: byHand).lifecycle.nextWake == nil)
  }
}
