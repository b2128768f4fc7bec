import BridgeModel
import SourceRuntime
import TestSupport
import Testing

/// A source that does what the test says, and remembers what it was told.
private struct Script: Source {
  let name = "toy"
  let kind = SourceKind.lnbits
  var status: SourceStatus {
    SourceStatus(since: Instant(uptime: .zero, wall: Timestamp(milliseconds: 0)))
  }
  var wallet: WalletView? { nil }
  var told: [String] = []
  var answers: [[SourceEffect]]

  mutating func handle(
    _ input: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) -> [SourceEffect] {
    told.append(Self.word(input))
    return answers.isEmpty ? [] : answers.removeFirst()
  }

  private static func word(_ input: SourceInput) -> String {
    switch input {
    case .start: "start"
    case .stop: "stop"
    case .reconnect(let fingerprint): "reconnect \(fingerprint)"
    case .socketText(_, let text): text
    case .socketOpened: "opened"
    case .socketClosed: "closed"
    case .committed: "committed"
    case .commitFailed: "failed"
    case .book: "book"
    case .wake: "wake"
    default: "other"
    }
  }
}

@Suite("What drives a source")
struct SourceRuntimeTests {
  private struct Rig {
    var runtime: SourceRuntime
    var random = SeededGenerator(seed: 1)
    let now = Instant(uptime: .zero, wall: Timestamp(milliseconds: 0))

    init(_ answers: [[SourceEffect]]) {
      runtime = SourceRuntime(Script(answers: answers))
    }

    var told: [String] { (runtime.source as? Script)?.told ?? [] }

    /// Everything that is to be done by now.
    mutating func effects(masking mask: SecretMask = SecretMask()) -> [RuntimeEffect] {
      var effects: [RuntimeEffect] = []
      while let effect = runtime.next(now: now, masking: mask, using: &random) {
        effects.append(effect)
      }
      return effects
    }

    mutating func answer(_ answer: SourceInput) {
      runtime.answer(answer, now: now, using: &random)
    }
  }

  private static let commit = SourceEffect.commit(Commit(watches: []))
  private static let socket = SocketID(1)
  private static let open = SourceEffect.openSocket(
    socket, SocketRequest(path: "/", appendsKey: false))

  @Test("from a commit to its answer nothing else reaches the source, nor is carried out")
  func holds() {
    var rig = Rig([
      [.wake(at: .seconds(1)), Self.commit, .cancel(RequestID(1))], [.cancel(RequestID(2))],
    ])
    rig.runtime.receive(.start)
    #expect(rig.effects() == [.of(.wake(at: .seconds(1))), .of(Self.commit)])
    rig.runtime.receive(.reconnect(keyFingerprint: "k2"))
    rig.runtime.receive(.stop(.paused))
    #expect(rig.effects() == [])
    #expect(rig.told == ["start"])
    rig.answer(.committed)
    #expect(rig.told == ["start", "committed"], "told at once")
    #expect(
      rig.effects() == [
        .of(.cancel(RequestID(1))), .of(.cancel(RequestID(2))), .useKey(fingerprint: "k2"),
      ])
    #expect(rig.told == ["start", "committed", "reconnect k2", "stop"])
  }

  @Test("a book that is asked for holds as well, and a failure ends it", arguments: [true, false])
  func holdsForABook(isAnswered: Bool) {
    let identity = BookIdentity(origin: "o", keyFingerprint: "k")
    var rig = Rig([[.loadBook(identity)]])
    rig.runtime.receive([.start, .wake])
    #expect(rig.effects() == [.of(.loadBook(identity))])
    rig.answer(isAnswered ? .book(nil) : .commitFailed("no space left"))
    #expect(rig.effects() == [])
    #expect(rig.told == ["start", isAnswered ? "book" : "failed", "wake"])
  }

  @Test("each key is put to use before the source is told of it")
  func keys() {
    var rig = Rig([[Self.commit], [], [.cancel(RequestID(1))], [.cancel(RequestID(2))]])
    rig.runtime.receive(.start)
    _ = rig.effects()
    rig.runtime.receive(.reconnect(keyFingerprint: "k2"))
    rig.runtime.receive(.reconnect(keyFingerprint: "k3"))
    rig.answer(.committed)
    #expect(
      rig.effects() == [
        .useKey(fingerprint: "k2"), .of(.cancel(RequestID(1))), .useKey(fingerprint: "k3"),
        .of(.cancel(RequestID(2))),
      ])
  }

  @Test("what a socket says that the source has closed, or that is not its own, is passed over")
  func staleSockets() {
    var rig = Rig([[Self.open], [.closeSocket(Self.socket, code: 1000)]])
    rig.runtime.receive(.start)
    #expect(rig.effects() == [.of(Self.open)])
    rig.runtime.receive([
      .socketText(SocketID(7), "stranger"), .socketText(Self.socket, "a"),
      .socketText(Self.socket, "b"), .socketClosed(Self.socket, code: 1006, reason: ""),
    ])
    #expect(rig.effects() == [.of(.closeSocket(Self.socket, code: 1000))])
    #expect(rig.told == ["start", "a"])
  }

  @Test("a socket that has ended is written to no more")
  func endedSockets() {
    var rig = Rig([[Self.open], [.sendText(Self.socket, "x"), .abortSocket(Self.socket)]])
    rig.runtime.receive(.start)
    _ = rig.effects()
    rig.runtime.receive(.socketClosed(Self.socket, code: 1006, reason: ""))
    #expect(rig.effects() == [])
    #expect(rig.told == ["start", "closed"])
  }

  @Test("a wake-up that is set already is not set again, until it has come")
  func timers() {
    let wake = SourceEffect.wake(at: .seconds(5))
    var rig = Rig([[wake], [wake], [wake], [.wake(at: nil)], [.wake(at: nil)]])
    var given: [[RuntimeEffect]] = []
    for input in [SourceInput.start, .start, .wake, .start, .start] {
      rig.runtime.receive(input)
      given.append(rig.effects())
    }
    #expect(given == [[.of(wake)], [], [.of(wake)], [.of(.wake(at: nil))], []])
  }

  @Test("no secret of ours leaves in a commit")
  func masks() {
    var mask = SecretMask()
    mask.insert("0123456789abcdef0123456789abcdef")
    var commit = Commit(watches: [])
    commit.superseded = ["x 0123456789abcdef0123456789abcdef"]
    var rig = Rig([[.commit(commit)]])
    rig.runtime.receive(.start)
    let effects = rig.effects(masking: mask)
    #expect(effects.count == 1)
    #expect(!"\(effects)".contains("0123456789abcdef"))
  }
}
