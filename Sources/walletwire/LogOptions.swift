import ArgumentParser
import Logging

/// `--log-level` and `--log-format`.
struct LogOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  enum Level: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error
  }

  @Option(name: .customLong("log-level"))
  var level = Level.info

  @Option(name: .customLong("log-format"), help: "text, or json: one object a line.")
  var format = Format.text

  var logger: Logger {
    let format = self.format
    var logger = Logger(label: "walletwire") { _ in StderrLogHandler(format: format) }
    logger.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
    return logger
  }
}
