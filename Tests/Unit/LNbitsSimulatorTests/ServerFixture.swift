import BridgeModel
import EventLoop
import LNbitsSimulator

/// A simulated server on a real port with one wallet of 1000 sat, for the time of a test.
struct ServerFixture {
  let loop: EventLoop
  let server: SimulatorServer
  let port: UInt16
  let alice: SimulatedWallet

  static func run(
    _ behaviour: Behaviour = .v1_6_2,
    heartbeat: SimulatorServer.Heartbeat = SimulatorServer.Heartbeat(),
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    let loop = try EventLoop(name: "simulator-test")
    let server = SimulatorServer(
      loop: loop, behaviour: behaviour, seed: 1, heartbeat: heartbeat)
    let port = try await server.start()
    let alice = try await server.perform { service, now, random throws(PaymentRefusal) in
      let wallet = service.lnbits.createWallet(named: "alice", now: now, using: &random)
      _ = try service.lnbits.credit(wallet: wallet.id, satoshi: 1_000, now: now, using: &random)
      return wallet
    }
    let fixture = ServerFixture(loop: loop, server: server, port: port, alice: alice)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(fixture))
    } catch {
      result = .failure(error)
    }
    await server.stop()
    await loop.shutDown()
    try result.get()
  }

  /// A fresh connection that is open.
  func wire() async throws -> Wire {
    let wire = Wire(port: port, loop: loop)
    guard await wire.open() else { throw Unreachable() }
    return wire
  }

  func listen(_ itemID: String? = nil) async throws -> Listener {
    let target = "/api/v1/ws/" + (itemID ?? alice.invoiceKey)
    guard let listener = try await Listener.open(target, port: port, loop: loop) else {
      throw Unreachable()
    }
    return listener
  }

  /// One request on a connection of its own.
  func request(
    _ method: String, _ target: String, headers: [String: String] = [:], body: JSONValue? = nil
  ) async throws -> WireResponse? {
    let wire = try await wire()
    defer { wire.close() }
    return await wire.request(method, target, headers: headers, body: body)
  }

  func control(_ command: String, _ body: JSONValue) async throws -> JSONValue {
    try await request("POST", "/simulator/v1/" + command, body: body)?.json ?? nil
  }

  func get(_ target: String) async throws -> WireResponse? {
    try await request("GET", target, headers: ["X-Api-Key": alice.invoiceKey])
  }

  struct Unreachable: Error {}
}
