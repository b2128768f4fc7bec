import Bridge
import EventLoop
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// A bridge from its start to a signal: SIGTERM and SIGINT end it cleanly, SIGHUP loads the
/// configuration anew.
struct BridgeRun {
  let configuration: Configuration
  let log: Logger
  /// Loads the configuration anew; nil: SIGHUP changes nothing.
  let reload: (@Sendable () throws(ConfigurationError) -> Configuration)?
  /// What runs beside the bridge, and ends with it.
  var companions: @Sendable (Bridge) -> [any Service] = { _ in [] }

  func run() async throws {
    // A closed pipe is an error of a write, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
    // Until reloads are listened for, below, one that is asked for must not end the program.
    if reload != nil { signal(SIGHUP, SIG_IGN) }
    let loop: EventLoop
    do throws(EventLoopError) {
      loop = try EventLoop(name: "bridge")
    } catch {
      throw Failure(code: .unavailable, message: "\(error)")
    }
    for warning in configuration.warnings { log.warning("\(warning)") }
    let bridge = Bridge(
      configuration: configuration, loop: loop, version: Walletwire.version, log: log)
    let addresses: [String]
    do throws(BridgeError) {
      addresses = try await bridge.start()
    } catch {
      throw Failure(code: Self.code(for: error), message: error.description)
    }
    if configuration.wallets.isEmpty, configuration.mints.isEmpty {
      log.warning(
        "no wallet is configured: see config/walletwire.example.toml, or try walletwire demo")
    }
    var services: [any Service] =
      [BridgeService(bridge: bridge, addresses: addresses)] + companions(bridge)
    if let reload { services.append(ReloadService(bridge: bridge, log: log, load: reload)) }
    var quiet = log
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
    await loop.shutDown()
  }

  private static func code(for error: BridgeError) -> Failure.Code {
    switch error {
    case .listen: .unavailable
    case .storage: .storage
    case .source: .configuration
    }
  }
}

/// Says where the bridge serves, and stops it when the program is told to end.
private struct BridgeService: Service {

  let bridge: Bridge
  let addresses: [String]

  func run() async throws {
    // Only now: signals are listened for before the first service runs, and who reads this may send
    // one.
    for address in addresses {
      StandardStream.output.writeLine("Walletwire serves on \(address)/")
    }
    try? await gracefulShutdown()
    await bridge.stop()
  }
}

private struct ReloadService: Service {
  let bridge: Bridge
  let log: Logger
  let load: @Sendable () throws(ConfigurationError) -> Configuration

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() {
      // A file may hang, which must not keep the program from ending.
      await cancelWhenGracefulShutdown { await reload() }
    }
  }

  private func reload() async {
    let load = load
    do {
      let loaded = try await BackgroundWork.value("reload") {
        Result { () throws(ConfigurationError) in try load() }
      }
      guard let configuration = try loaded?.get() else { return }
      await bridge.reload(configuration)
      for warning in configuration.warnings { log.warning("\(warning)") }
      log.info("configuration loaded anew")
    } catch {
      log.error("the running configuration stays in force: \(error)")
    }
  }
}
