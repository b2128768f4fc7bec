import ArgumentParser
import Bridge
import Logging

/// `walletwire serve`.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the bridge.")

  @Option(help: "The configuration file. Without it: $WALLETWIRE_CONFIG, or the usual places.")
  var config: String?

  @Option(help: "host:port to listen on; port 0 picks a free one and prints it.")
  var listen: String?

  @OptionGroup var log: LogOptions

  func run() async throws {
    let overrides = ConfigurationOverrides(file: config, listen: listen)
    let load: @Sendable () throws(ConfigurationError) -> Configuration = {
      () throws(ConfigurationError) in
      try Configuration.load(overrides, environment: ProcessEnvironment.variables())
    }
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try load()
    } catch {
      throw Failure(code: .configuration, message: error.description)
    }
    try await BridgeRun(configuration: configuration, log: log.logger, reload: load).run()
  }
}
