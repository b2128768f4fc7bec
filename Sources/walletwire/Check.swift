import ArgumentParser
import Bridge
import EventLoop
import Glibc

/// `walletwire check`.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Diagnose each source step by step; 0 only if all is well.")

  @Option(help: "The configuration file. Without it: $WALLETWIRE_CONFIG, or the usual places.")
  var config: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Argument(help: "The wallets and mints to check; all of them by default.")
  var names: [String] = []

  func run() async throws {
    let sources = try selectedSources()
    let loop: EventLoop
    do throws(EventLoopError) {
      loop = try EventLoop(name: "check")
    } catch {
      throw Failure(code: .unavailable, message: "\(error)")
    }
    let report = CheckReport(hasColours: TerminalText.takesColours)
    var diagnoses: [SourceDiagnosis] = []
    for source in sources {
      if !json { report.begin(source) }
      diagnoses.append(
        await Diagnosis.run(source, on: loop) { step in
          if !json { report.write(step) }
        })
    }
    await loop.shutDown()
    if json { StandardStream.output.writeLine(TerminalText.oneLineOfJSON(diagnoses.json)) }
    if !diagnoses.allSatisfy(\.hasPassed) { throw ExitCode.failure }
  }

  private func selectedSources() throws -> [SourceSettings] {
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try Configuration.load(
        ConfigurationOverrides(file: config), environment: ProcessEnvironment.variables())
    } catch {
      throw Failure(code: .configuration, message: error.description)
    }
    for warning in configuration.warnings {
      StandardStream.error.writeLine("walletwire: \(TerminalText.oneLine(warning))")
    }
    let sources = configuration.sources
    guard !sources.isEmpty else {
      throw Failure(
        code: .configuration,
        message: "no wallet is configured: see config/walletwire.example.toml")
    }
    if let unknown = names.first(where: { name in !sources.contains { $0.name == name } }) {
      throw ValidationError(
        "no wallet or mint is named \(TerminalText.oneLine(unknown)); there are: "
          + sources.map(\.name).joined(separator: ", "))
    }
    return names.isEmpty ? sources : sources.filter { names.contains($0.name) }
  }
}

/// A diagnosis in lines for people.
private struct CheckReport {
  private static let stepWidth = 14
  private static let timeWidth = 11

  let hasColours: Bool

  func begin(_ source: SourceSettings) {
    StandardStream.output.writeLine(source.name)
  }

  func write(_ step: DiagnosisStep) {
    let (word, colour): (String, TerminalText.Colour) =
      switch step.outcome {
      case .passed: ("ok  ", .green)
      case .skipped: ("skip", .dim)
      case .failed: ("FAIL", .red)
      }
    let time = step.took.map(Self.milliseconds) ?? "-"
    StandardStream.output.writeLine(
      "  \(TerminalText.paint(word, colour, if: hasColours))  "
        + TerminalText.padded(step.kind.rawValue, to: Self.stepWidth)
        + TerminalText.padded(time, to: Self.timeWidth) + TerminalText.oneLine(step.message))
    if case .failed(let remedy) = step.outcome {
      StandardStream.output.writeLine("        try: \(TerminalText.oneLine(remedy))")
    }
  }

  /// With one decimal.
  private static func milliseconds(_ duration: Duration) -> String {
    let tenths = Int((duration / .microseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10) ms"
  }
}
