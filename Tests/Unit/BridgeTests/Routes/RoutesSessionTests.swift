import HTTPServer
import Testing

@testable import Bridge

@Suite("Sessions")
struct RoutesSessionTests {
  private static func random(_ seed: UInt8) -> [UInt8] {
    [UInt8](repeating: seed, count: SessionTable.identifierBytes)
  }

  @Test("An identifier opens its own session and no other")
  func identifiers() {
    var table = SessionTable()
    let first = table.open(random: Self.random(1), at: .zero)
    let second = table.open(random: Self.random(0xFE), at: .zero)
    #expect(first.utf8.count == 64 && first != second)
    #expect(table.contains(first, at: .zero) && table.contains(second, at: .zero))
    #expect(!table.contains(String(first.dropLast()), at: .zero))
    #expect(!table.contains("", at: .zero))
    table.close(first)
    #expect(!table.contains(first, at: .zero))
    #expect(table.contains(second, at: .zero))
  }

  @Test("A session ends after its lifetime")
  func expiry() {
    var table = SessionTable()
    let session = table.open(random: Self.random(1), at: .seconds(5))
    let end = Duration.seconds(5) + SessionTable.lifetime
    #expect(table.contains(session, at: end - .nanoseconds(1)))
    #expect(!table.contains(session, at: end))
    _ = table.open(random: Self.random(2), at: end)
    #expect(table.count == 1)
  }

  @Test("The oldest makes room")
  func bound() {
    var table = SessionTable()
    let sessions = (0...SessionTable.maximumSessions).map { number in
      table.open(random: Self.random(UInt8(number)), at: .zero)
    }
    #expect(table.count == SessionTable.maximumSessions)
    #expect(!table.contains(sessions[0], at: .zero))
    #expect(sessions.dropFirst().allSatisfy { table.contains($0, at: .zero) })
  }

  private static func stream(_ index: UInt32) -> StreamID {
    StreamID(index: index, generation: 0)
  }

  @Test("A stream ends with the session that opened it, by whichever way that is over")
  func streams() {
    var table = SessionTable()
    let sessions = (0..<4).map { number in
      table.open(random: Self.random(UInt8(number)), at: .seconds(number))
    }
    for (number, session) in sessions.enumerated() {
      table.attach(Self.stream(UInt32(number)), to: session)
      table.attach(Self.stream(UInt32(10 + number)), to: session)
    }
    table.attach(Self.stream(99), to: "no session")
    #expect(table.takeEndedStreams().isEmpty)

    table.detach(Self.stream(11))
    table.close(sessions[1])
    #expect(table.takeEndedStreams() == [Self.stream(1)])
    #expect(table.takeEndedStreams().isEmpty, "each is told once")

    #expect(table.nextExpiry == SessionTable.lifetime)
    table.expire(at: SessionTable.lifetime)
    #expect(table.takeEndedStreams() == [Self.stream(0), Self.stream(10)])
    #expect(table.nextExpiry == SessionTable.lifetime + .seconds(2))

    for number in 0..<(SessionTable.maximumSessions - 1) {
      _ = table.open(random: Self.random(UInt8(100 + number)), at: .seconds(9))
    }
    #expect(table.takeEndedStreams() == [Self.stream(2), Self.stream(12)], "the oldest made room")
    table.closeAll()
    #expect(table.takeEndedStreams() == [Self.stream(3), Self.stream(13)])
    #expect(table.count == 0 && table.nextExpiry == nil)
  }

  @Test("Wrong tokens are answered at once in a burst, then at a rate")
  func guesses() {
    var limit = GuessLimit()
    for _ in 0..<GuessLimit.burst { #expect(limit.delayAfterMistake(at: .zero) == nil) }
    #expect(limit.delayAfterMistake(at: .zero) == GuessLimit.interval)
    let half = GuessLimit.interval / 2
    #expect(limit.delayAfterMistake(at: half) == half)
    #expect(limit.delayAfterMistake(at: GuessLimit.interval) == nil)
    #expect(limit.delayAfterMistake(at: GuessLimit.interval) != nil)
    let later = GuessLimit.interval * (GuessLimit.burst * 3)
    for _ in 0..<GuessLimit.burst { #expect(limit.delayAfterMistake(at: later) == nil) }
    #expect(limit.delayAfterMistake(at: later) != nil)
  }

  @Test("TLS handshakes are told at once, then once a minute with their number")
  func handshakes() {
    var log = HandshakeLog()
    #expect(log.note(at: .seconds(1)) == 1)
    for second in 2...60 { #expect(log.note(at: .seconds(second)) == nil) }
    #expect(log.note(at: .seconds(61)) == 60)
    #expect(log.note(at: .seconds(62)) == nil)
    #expect(log.note(at: .seconds(500)) == 2)
  }

  @Test("The cookie is kept from scripts and other sites")
  func cookie() {
    #expect(
      SessionCookie.setting("id", path: "/", isSecure: false)
        == "walletwire_session=id; HttpOnly; SameSite=Strict; Path=/")
    #expect(
      SessionCookie.setting("id", path: "/wallet", isSecure: true)
        == "walletwire_session=id; HttpOnly; SameSite=Strict; Path=/wallet; Secure")
    #expect(SessionCookie.removal(path: "/", isSecure: false).contains("Max-Age=0"))
  }
}
