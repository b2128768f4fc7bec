import BridgeModel
import TestSupport
import SourceTesting
import Testing

@testable import LNbitsSource

@Suite struct DeliveryTests {
  @Test func `a wallet that is paused delivers nothing, whatever it answered before`() {
    var world = World.connected()
    #expect(world.status.delivery == .live)
    world.feed(.stop(.paused))
    #expect(world.status.state == .disconnected && world.status.delivery == .unreachable)
  }

  @Test func `a socket that has opened delivers once the wallet has confirmed itself`() {
    var world = World.connected()
    world.latency = .seconds(2)
    world.close(1006)
    for _ in 0..<200 where world.status.state != .connected {
      #expect(world.status.delivery != .live)
      world.run(.milliseconds(50))
    }
    #expect(world.status.delivery == .live)
  }

  @Test(arguments: 0..<40)
  func `delivery agrees with state at every moment of random lives`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var world = World.connected(
      World.configuration(trust: seed % 3 == 2 ? .frames : .verified, usesSocket: seed % 4 != 3))
    for _ in 0..<120 {
      happen(&world, &random)
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        #expect(world.status.state.agrees(with: world.status.delivery))
        world.run(.milliseconds(Int.random(in: 1...3000, using: &random)))
      }
    }
    world.lnbits.faults = [:]
    (world.store.fails, world.socketFailure) = (false, nil)
    world.feed(.start)
    world.run(.seconds(600))
    #expect(world.status.state == .connected)
    #expect(world.status.delivery == (seed % 4 != 3 ? .live : .polling))
  }

  private func happen(_ world: inout World, _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<9, using: &random) {
    case 0, 1: world.close([1000, 1006, 1008, 1011, 1012].randomElement(using: &random) ?? 1000)
    case 2:
      let routes: [LNbitsStub.Route] = [.version, .payments, .wallet]
      let answers = [
        LNbitsStub.html(502), LNbitsStub.failure(.timeout), LNbitsStub.json(429, "{}"),
        LNbitsStub.json(404, #"{"detail":"Wallet not found."}"#),
      ]
      world.lnbits.faults[routes.randomElement(using: &random) ?? .wallet] =
        answers.randomElement(using: &random)
    case 3: world.lnbits.faults = [:]
    case 4: world.store.fails.toggle()
    case 5: world.socketFailure = world.socketFailure == nil ? .network : nil
    case 6: world.feed(.stop(.paused))
    case 7: world.feed(.start)
    default: world.feed(.networkChanged)
    }
  }
}
