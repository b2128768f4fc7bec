import BridgeModel
import TestSupport
import Testing

@Suite struct HeartbeatTests {
  private func started() -> Heartbeat {
    var heartbeat = Heartbeat(interval: .seconds(30), timeout: .seconds(10))
    heartbeat.start(at: .seconds(100))
    return heartbeat
  }

  @Test func `nothing is due before a socket is open, nor once it is gone`() {
    var heartbeat = Heartbeat(interval: .seconds(30), timeout: .seconds(10))
    #expect(heartbeat.nextWake == nil)
    #expect(heartbeat.due(at: .seconds(1000)) == .nothing)
    heartbeat.hurry(at: .seconds(1000))
    #expect(heartbeat.nextWake == nil)
    heartbeat.start(at: .seconds(1000))
    heartbeat.stop()
    #expect(heartbeat.nextWake == nil)
    #expect(heartbeat.due(at: .seconds(2000)) == .nothing)
  }

  @Test func `a probe is due at the interval, not before`() {
    var heartbeat = started()
    #expect(heartbeat.nextWake == .seconds(130))
    #expect(heartbeat.due(at: .milliseconds(129_999)) == .nothing)
    #expect(heartbeat.due(at: .seconds(130)) == .probe)
    #expect(heartbeat.nextWake == .seconds(140))
  }

  @Test func `a peer is dead exactly at the deadline`() {
    var heartbeat = started()
    #expect(heartbeat.due(at: .seconds(130)) == .probe)
    #expect(heartbeat.due(at: .milliseconds(139_999)) == .nothing)
    #expect(heartbeat.due(at: .seconds(140)) == .dead)
  }

  @Test func `the deadline runs from the probe, however late that was`() {
    var heartbeat = started()
    #expect(heartbeat.due(at: .seconds(500)) == .probe)
    #expect(heartbeat.due(at: .milliseconds(509_999)) == .nothing)
    #expect(heartbeat.due(at: .seconds(510)) == .dead)
  }

  @Test func `an answer gives the round trip and the next probe its interval`() {
    var heartbeat = started()
    #expect(heartbeat.due(at: .seconds(130)) == .probe)
    heartbeat.answered(at: .milliseconds(130_004))
    #expect(heartbeat.roundTrip == .milliseconds(4))
    #expect(heartbeat.nextWake == .seconds(160))
    #expect(heartbeat.due(at: .seconds(159)) == .nothing)
    #expect(heartbeat.due(at: .seconds(160)) == .probe)
  }

  @Test func `any byte counts, without being an answer`() {
    var heartbeat = started()
    #expect(heartbeat.due(at: .seconds(130)) == .probe)
    heartbeat.sawLife()
    #expect(heartbeat.due(at: .seconds(140)) == .nothing)
    #expect(heartbeat.roundTrip == nil)
    #expect(heartbeat.nextWake == .seconds(160))
  }

  @Test func `a byte from before the probe proves nothing`() {
    var heartbeat = started()
    heartbeat.sawLife()
    #expect(heartbeat.due(at: .seconds(130)) == .probe)
    #expect(heartbeat.due(at: .seconds(140)) == .dead)
  }

  @Test func `an answer that nobody asked for changes nothing`() {
    var heartbeat = started()
    heartbeat.answered(at: .seconds(110))
    #expect(heartbeat == started())
  }

  @Test func `one probe at a time, even where the timeout is longer than the interval`() {
    var heartbeat = Heartbeat(interval: .seconds(1), timeout: .seconds(10))
    heartbeat.start(at: .zero)
    #expect(heartbeat.due(at: .seconds(1)) == .probe)
    for second in 2...10 {
      heartbeat.hurry(at: .seconds(second))
      #expect(heartbeat.due(at: .seconds(second)) == .nothing)
    }
    heartbeat.answered(at: .milliseconds(10_500))
    #expect(heartbeat.nextWake == .milliseconds(10_500))
    #expect(heartbeat.due(at: .milliseconds(10_500)) == .probe)
  }

  @Test func `a doubt about the path brings the probe forward`() {
    var heartbeat = started()
    heartbeat.hurry(at: .seconds(105))
    #expect(heartbeat.nextWake == .seconds(105))
    #expect(heartbeat.due(at: .seconds(105)) == .probe)
    #expect(heartbeat.nextWake == .seconds(115))
  }

  @Test func `probes never overlap and death needs a silent timeout, whatever happens`() {
    for seed in 0..<200 {
      var random = SeededGenerator(seed: UInt64(seed))
      var heartbeat = Heartbeat(
        interval: .milliseconds(Int.random(in: 1...2000, using: &random)),
        timeout: .milliseconds(Int.random(in: 1...2000, using: &random)))
      var now: Duration = .zero
      var probedAt: Duration?
      var sawLife = false
      heartbeat.start(at: now)
      for _ in 0..<300 {
        now += .milliseconds(Int.random(in: 1...500, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
          heartbeat.sawLife()
          sawLife = true
        case 1:
          heartbeat.answered(at: now)
          probedAt = nil
        default: break
        }
        switch heartbeat.due(at: now) {
        case .probe:
          if let probedAt {
            #expect(sawLife)
            #expect(now >= probedAt + heartbeat.timeout)
          }
          probedAt = now
          sawLife = false
        case .dead:
          #expect(probedAt.map { now >= $0 + heartbeat.timeout } == true)
          #expect(!sawLife)
          heartbeat.start(at: now)
          probedAt = nil
        case .nothing: break
        }
        #expect(heartbeat.nextWake.map { $0 >= now } == true)
      }
    }
  }
}
