import ArgumentParser
import EventLoop

@main
struct Walletwire: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "walletwire",
    abstract: "A local HTTP and event-stream bridge for Lightning wallets.",
    discussion: """
      The wallet's key stays here: browsers, dashboards and scripts see balances and payments, \
      never a key.
      """,
    version: version,
    subcommands: [Serve.self, Demo.self, Check.self, Watch.self, SimulateLNbits.self],
    defaultSubcommand: Serve.self)

  static func main() async {
    ProcessMemory.keepPrivate()
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      failure.exit()
    } catch {
      // Help and version end with 0, a mistake on the command line with 64 (EX_USAGE).
      exit(withError: error)
    }
  }
}
