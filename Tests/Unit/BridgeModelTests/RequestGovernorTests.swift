import BridgeModel
import TestSupport
import Testing

@Suite struct RequestGovernorTests {
  private func ticket(_ number: UInt64, of source: String = "main") -> RequestGovernor.Ticket {
    RequestGovernor.Ticket(source: source, request: RequestID(number))
  }

  /// A governor of 60 a minute, whose first 12 went at once at uptime 0: the next one goes after
  /// 1.25 s.
  private func spent() -> RequestGovernor {
    var governor = RequestGovernor(requestsPerMinute: 60)
    for number in 0..<12 {
      governor.submit(ticket(UInt64(number)), path: "/p", urgency: .timer, at: .zero)
    }
    _ = governor.admit(at: .zero)
    return governor
  }

  @Test func `a fifth of the limit goes at once, the rest as it refills`() {
    var governor = RequestGovernor(requestsPerMinute: 60)
    for number in 0..<14 {
      governor.submit(ticket(UInt64(number)), path: "/p", urgency: .timer, at: .zero)
    }
    #expect(governor.admit(at: .zero) == (0..<12).map { ticket($0) })
    #expect(governor.nextWake == .milliseconds(1251))
    #expect(governor.admit(at: .milliseconds(1249)) == [])
    #expect(governor.admit(at: .milliseconds(1251)) == [ticket(12)])
    #expect(governor.admit(at: .seconds(10)) == [ticket(13)])
    #expect(governor.nextWake == nil)
  }

  @Test func `paths do not wait for one another`() {
    var governor = spent()
    governor.submit(ticket(20), path: "/p", urgency: .frame, at: .zero)
    governor.submit(ticket(21), path: "/q", urgency: .timer, at: .zero)
    #expect(governor.admit(at: .zero) == [ticket(21)])
  }

  @Test func `frames go before timers, equals in the order of their coming`() {
    var governor = spent()
    governor.submit(ticket(20), path: "/p", urgency: .timer, at: .zero)
    governor.submit(ticket(21), path: "/p", urgency: .frame, at: .milliseconds(1))
    governor.submit(ticket(22, of: "till"), path: "/p", urgency: .timer, at: .milliseconds(2))
    governor.submit(ticket(23, of: "till"), path: "/p", urgency: .frame, at: .milliseconds(3))
    #expect(
      governor.admit(at: .seconds(20))
        == [ticket(21), ticket(23, of: "till"), ticket(20), ticket(22, of: "till")])
  }

  @Test func `a timer's question that waited a minute goes with the frames, by age`() {
    var governor = RequestGovernor(requestsPerMinute: 1)
    governor.submit(ticket(0), path: "/p", urgency: .frame, at: .zero)
    #expect(governor.admit(at: .zero) == [ticket(0)])
    governor.submit(ticket(1), path: "/p", urgency: .frame, at: .seconds(1))
    governor.submit(ticket(2), path: "/p", urgency: .timer, at: .seconds(2))
    governor.submit(ticket(3), path: "/p", urgency: .frame, at: .seconds(3))
    #expect(governor.admit(at: .seconds(65)) == [ticket(1)])
    #expect(governor.admit(at: .seconds(130)) == [ticket(2)])
    #expect(governor.admit(at: .seconds(195)) == [ticket(3)])
  }

  @Test func `frames without end do not starve a timer`() {
    var governor = RequestGovernor(requestsPerMinute: 60)
    governor.submit(ticket(0), path: "/p", urgency: .timer, at: .zero)
    for number in 1...12 {
      governor.submit(ticket(UInt64(number)), path: "/p", urgency: .frame, at: .zero)
    }
    var admitted: [RequestGovernor.Ticket] = []
    for tenth in 1...620 {
      let now: Duration = .milliseconds(100 * tenth)
      governor.submit(ticket(UInt64(tenth + 100)), path: "/p", urgency: .frame, at: now)
      admitted += governor.admit(at: now)
      if admitted.last == ticket(0) { break }
    }
    #expect(admitted.last == ticket(0))
  }

  @Test func `timers without end do not hold up a frame`() {
    var governor = RequestGovernor(requestsPerMinute: 60)
    for number in 0..<500 {
      governor.submit(ticket(UInt64(number)), path: "/p", urgency: .timer, at: .zero)
    }
    _ = governor.admit(at: .zero)
    governor.submit(ticket(1000), path: "/p", urgency: .frame, at: .seconds(50))
    #expect(governor.admit(at: .seconds(50)).first == ticket(1000))
  }

  @Test func `a cancelled question never goes`() {
    var governor = spent()
    governor.submit(ticket(20), path: "/p", urgency: .frame, at: .zero)
    governor.submit(ticket(20, of: "till"), path: "/p", urgency: .timer, at: .zero)
    governor.cancel(ticket(20))
    #expect(governor.admit(at: .seconds(60)) == [ticket(20, of: "till")])
    governor.cancel(ticket(20))
    #expect(governor.nextWake == nil)
  }

  @Test func `nobody waits after the last one was cancelled`() {
    var governor = spent()
    governor.submit(ticket(20), path: "/p", urgency: .frame, at: .zero)
    governor.cancel(ticket(20))
    #expect(governor.nextWake == nil)
    #expect(governor.admit(at: .seconds(1)) == [])
  }

  @Test func `429 means a minute without a request, on every path`() {
    var governor = RequestGovernor(requestsPerMinute: 60)
    #expect(governor.limited(at: .seconds(5)) == .seconds(65))
    #expect(governor.silentUntil == .seconds(65))
    governor.submit(ticket(1), path: "/p", urgency: .frame, at: .seconds(6))
    governor.submit(ticket(2), path: "/q", urgency: .frame, at: .seconds(6))
    #expect(governor.admit(at: .seconds(6)) == [])
    #expect(governor.nextWake == .seconds(65))
    #expect(governor.admit(at: .milliseconds(64_999)) == [])
    #expect(governor.admit(at: .seconds(65)) == [ticket(1), ticket(2)])
    #expect(governor.silentUntil == nil)
  }

  @Test func `a second 429 prolongs the silence, never shortens it`() {
    var governor = RequestGovernor(requestsPerMinute: 60)
    #expect(governor.limited(at: .seconds(5)) == .seconds(65))
    #expect(governor.limited(at: .seconds(30)) == .seconds(90))
    #expect(governor.limited(at: .seconds(1)) == .seconds(90))
  }

  /// Random arrivals on two paths, driven by `nextWake` alone, as a shell drives it.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 60, 150, 200], 0..<4)
  func `no sliding minute sees more than the limit, and nothing waits in vain`(
    limit: Int, seed: Int
  ) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var governor = RequestGovernor(requestsPerMinute: limit)
    var admissions: [String: [Duration]] = [:]
    var paths: [RequestGovernor.Ticket: String] = [:]
    var waiting: Set<RequestGovernor.Ticket> = []
    var now: Duration = .zero
    var nextArrival: Duration = .zero
    var number: UInt64 = 0
    while number < 600 || !waiting.isEmpty {
      let wake = governor.nextWake
      #expect(waiting.isEmpty == (wake == nil))
      if let wake { #expect(wake > now, "a wake in the past would spin") }
      let arrives = number < 600 && wake.map { nextArrival <= $0 } ?? true
      now = try arrives ? nextArrival : #require(wake)
      if arrives {
        let some = ticket(number, of: "\(number % 5)")
        let path = Bool.random(using: &random) ? "/p" : "/q"
        governor.submit(
          some, path: path, urgency: Bool.random(using: &random) ? .frame : .timer, at: now)
        (paths[some], number) = (path, number + 1)
        waiting.insert(some)
        let isBurst = Int.random(in: 0..<10, using: &random) < 8
        nextArrival += .milliseconds(
          isBurst
            ? Int.random(in: 0...20, using: &random) : Int.random(in: 0...9000, using: &random))
      }
      let admitted = governor.admit(at: now)
      #expect(arrives || !admitted.isEmpty, "a wake before its time")
      for one in admitted {
        #expect(waiting.remove(one) != nil, "each goes once")
        admissions[try #require(paths[one]), default: []].append(now)
      }
    }
    for times in admissions.values {
      for index in times.indices where index >= limit {
        #expect(times[index] - times[index - limit] >= .seconds(60))
      }
    }
  }
}
