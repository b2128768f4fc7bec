import UnixSignals
import ArgumentParser
import EventLoop
import Glibc
import LNbitsSimulator
import Logging
import ServiceLifecycle
import Transport

/// `walletwire simulate-lnbits`: the simulator alone, for tests that drive it over its control
/// routes.
struct SimulateLNbits: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate-lnbits", abstract: "Run the LNbits look-alike alone, empty.",
    shouldDisplay: false)

  @Option(help: "The LNbits release to behave like.")
  var behaviour = "1.6.2"

  @Option(help: "0 picks a free port and prints it.")
  var port: UInt16 = 0

  func validate() throws {
    guard Behaviour(version: behaviour) != nil else {
      throw ValidationError("No such behaviour is known: \(behaviour)")
    }
  }

  func run() async throws {
    guard let behaviour = Behaviour(version: behaviour) else { return }
    signal(SIGPIPE, SIG_IGN)
    let loop = try EventLoop(name: "simulator")
    let simulator = SimulatorServer(loop: loop, behaviour: behaviour, port: port)
    do throws(TransportError) {
      let port = try await simulator.start()
      StandardStream.output.writeLine("LNbits simulator on http://127.0.0.1:\(port)")
    } catch {
      throw Failure(code: .unavailable, message: error.description)
    }
    var log = Logger(label: "simulator") { _ in StderrLogHandler(format: .text) }
    log.logLevel = .error
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [SimulatorService(simulator: simulator)],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
    try await group.run()
    await loop.shutDown()
  }

  private struct SimulatorService: Service {
    let simulator: SimulatorServer

    func run() async throws {
      try? await gracefulShutdown()
      await simulator.stop()
    }
  }
}
