import BridgeModel
import LNbitsSource
import Testing

/// LNbits tells the wallet's id to its admin key alone.
@Suite("An admin key")
struct KeyAdviceTests {
  private static let answer = #"{"id":"w","name":"alice","balance":100000000}"#

  @Test("is said once, in the log, and works")
  func warning() {
    var world = World()
    world.lnbits.unlisted = 100_000_000
    world.lnbits.faults[.wallet] = LNbitsStub.json(200, Self.answer)
    world.feed(.start)
    world.run(.seconds(300))
    let warnings = world.log.filter { $0.level == .warning }
    #expect(warnings.count == 1 && warnings.first?.message.contains("invoice/read key") == true)
    #expect(world.status.state == .connected && world.status.lastError == nil)
    world.feed(.reconnect(keyFingerprint: "key-1"))
    world.run(.seconds(100))
    #expect(world.log.count { $0.level == .warning } == 1)
    world.feed(.reconnect(keyFingerprint: "key-2"))
    world.run(.seconds(3))
    #expect(world.log.count { $0.level == .warning } == 2, "another key, and an admin's too")
  }

  @Test("is told from an invoice key by the answer")
  func advice() {
    #expect(LNbitsAnswers.keyAdvice(Array(Self.answer.utf8))?.contains("admin key") == true)
    for body in [#"{"name":"alice","balance":1}"#, #"{"id":null,"name":"a","balance":1}"#, "{}"] {
      #expect(LNbitsAnswers.keyAdvice(Array(body.utf8)) == nil)
    }
  }

  @Test("an invoice key is not spoken of")
  func invoiceKey() {
    let world = World.connected()
    #expect(world.log.allSatisfy { $0.level != .warning })
  }
}
