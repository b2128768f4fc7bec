import ArgumentParser
import Bridge
import EventLoop
import Glibc
import LNbitsSimulator
import ServiceLifecycle
import Transport

/// `walletwire demo`.
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the bridge on a built-in LNbits look-alike, with a payment every few seconds.")

  @Option(help: "host:port to listen on; port 0 picks a free one and prints it.")
  var listen = "127.0.0.1:2121"

  @OptionGroup var log: LogOptions

  func run() async throws {
    let loop: EventLoop
    let port: UInt16
    let simulator: SimulatorServer
    do {
      loop = try EventLoop(name: "simulator")
      simulator = SimulatorServer(loop: loop, scenario: .shop)
      port = try await simulator.start()
    } catch {
      throw Failure(code: .unavailable, message: "the simulator cannot start: \(error)")
    }
    let folder = try Self.temporaryFolder()
    defer { Self.remove(folder) }
    let text = Self.configuration(
      wallets: await simulator.wallets, port: port, store: "\(folder)/walletwire.db")
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try Configuration.load(
        ConfigurationOverrides(file: "demo", listen: listen), environment: [:]
      ) { path throws(FileReadError) in
        path == "demo" ? FileContents(bytes: Array(text.utf8)) : nil
      }
    } catch {
      throw Failure(code: .configuration, message: error.description)
    }
    StandardStream.output.writeLine(
      "This is a demonstration: the wallets are made up, the sockets are real.")
    let run = BridgeRun(configuration: configuration, log: log.logger, reload: nil) { bridge in
      [MintCustomers(simulator: simulator, bridge: bridge)]
    }
    try await run.run()
    await simulator.stop()
    await loop.shutDown()
  }

  private static func configuration(
    wallets: [SimulatedWallet], port: UInt16, store: String
  ) -> String {
    var text = """
      [storage]
      path = "\(store)"

      """
    for wallet in wallets {
      text += """
        [[wallet]]
        name = "\(wallet.name.lowercased())"
        label = "\(wallet.name)"
        url = "http://127.0.0.1:\(port)"
        invoice_key = "\(wallet.invoiceKey)"

        """
    }
    return text + """
      [[mint]]
      name = "\(MintCustomers.mint)"
      label = "Mint"
      url = "http://127.0.0.1:\(port)"

      """
  }

  private static func temporaryFolder() throws(Failure) -> String {
    var template = Array("/tmp/walletwire-demo-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(code: .storage, message: "no folder can be made in /tmp")
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func remove(_ folder: String) {
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink("\(folder)/walletwire.db\(suffix)") }
    rmdir(folder)
  }
}

/// People who buy tokens at the demonstration's mint, so that there is something to watch.
private struct MintCustomers: Service {
  static let mint = "mint"

  let simulator: SimulatorServer
  let bridge: Bridge

  private static let pause: ClosedRange<Int> = 8_000...20_000
  /// So many stay on the page.
  private static let watchesKept = 8

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var handles: [String] = []
      while !Task.isCancelled {
        let quote = await simulator.openMintQuote()
        if let handle = await bridge.watchMintQuote(quote, at: Self.mint) {
          handles.append(handle)
        }
        if handles.count > Self.watchesKept {
          await bridge.stopWatching(handles.removeFirst())
        }
        try? await Task.sleep(for: .milliseconds(Int.random(in: Self.pause)))
      }
    }
  }
}
