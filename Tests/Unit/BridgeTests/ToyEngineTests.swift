import Bridge
import BridgeModel
import EventLoop
import Glibc
import HTTPServer
import JSON
import LNbitsSimulator
import Logging
import MemoryStorage
import Testing

/// A whole bridge on an engine that it does not know: registering it is one line.
@Suite("A toy engine")
struct ToyEngineTests {
  private static let memory = StorageEngine { settings, loop, _ in
    var random = SystemRandomNumberGenerator()
    return MemoryStorage(
      MemoryContents(), keepEvents: settings.keptEvents, using: &random,
      deliver: { loop.execute($0) })
  }

  private struct Late: Error {}

  @Test("keeps the books of a wallet, and tells of its payments")
  func wholeBridge() async throws {
    let simulatorLoop = try EventLoop(name: "toy-lnbits")
    let simulator = SimulatorServer(loop: simulatorLoop, behaviour: .v1_6_2, seed: 1)
    let port = try await simulator.start()
    let wallet = try await simulator.perform { service, now, random throws(PaymentRefusal) in
      let wallet = service.lnbits.createWallet(named: "alice", now: now, using: &random)
      _ = try service.lnbits.credit(wallet: wallet.id, satoshi: 1000, now: now, using: &random)
      return wallet
    }
    let loop = try EventLoop(name: "toy-bridge")
    let bridge = Bridge(
      configuration: try configuration(port, key: wallet.invoiceKey), loop: loop, version: "0",
      log: Logger(label: "toy") { _ in SwiftLogNoOpLogHandler() }, engine: Self.memory)
    _ = try await bridge.start()
    try await wait(for: "/api/v1/balance", of: bridge) { $0["balance_msat"]?.int64 == 1_000_000 }
    _ = try await simulator.perform { service, now, random throws(PaymentRefusal) in
      try service.lnbits.credit(wallet: wallet.id, satoshi: 21, now: now, using: &random)
    }
    try await wait(for: "/api/v1/balance", of: bridge) { $0["balance_msat"]?.int64 == 1_021_000 }
    try await wait(for: "/api/v1/payments", of: bridge) {
      $0["payments"]?.elements?.first?["amount_msat"]?.int64 == 21_000
    }
    try await wait(for: "/api/v1/history", of: bridge) {
      $0.elements?.last?["closing_balance_msat"]?.int64 == 1_021_000
    }
    await bridge.stop()
    await simulator.stop()
    await loop.shutDown()
    await simulatorLoop.shutDown()
  }

  private func configuration(_ port: UInt16, key: String) throws -> Configuration {
    var configuration = Configuration()
    configuration.server.listen = ListenAddress(host: "127.0.0.1", port: 0)
    let url = try #require(UpstreamURL("http://127.0.0.1:\(port)"))
    configuration.wallets = [WalletSettings(name: "main", url: url, invoiceKey: Secret(key))]
    return configuration
  }

  private func wait(
    for path: String, of bridge: Bridge, _ condition: (JSONElement) -> Bool
  ) async throws {
    let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 2121)
    for _ in 0..<1000 {
      let request = try HTTPRequest(
        method: "GET", target: path, headers: ["Host": "127.0.0.1:2121"],
        remoteAddress: endpoint, localAddress: endpoint)
      let response = await bridge.answer(to: request)
      if let root = JSONDocument(response.body)?.root, condition(root) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("\(path) did not come to it")
  }
}
