import BridgeModel
import Glibc
import TestSupport

/// The identity that the crash writer's book has.
let crashIdentity = BookIdentity(
  origin: "https://crash.example", keyFingerprint: "k", walletID: "w")

/// A running `SQLiteCrashWriter`, with its standard output at hand.
final class CrashWriterProcess {
  private let process: ChildProcess

  init(_ arguments: [String]) throws {
    process = try ChildProcess([Self.executable] + arguments)
  }

  /// Lines until there are so many, or the process ends.
  func readLines(atLeast count: Int) -> [String] {
    var lines: [String] = []
    while lines.count < count, let line = process.readLine() { lines.append(line) }
    return lines
  }

  /// SIGKILL, and waits until it is gone.
  func kill() {
    process.end(with: SIGKILL)
  }

  /// What it had told before it was killed and nobody had read yet.
  func remainingLines() -> [String] {
    readLines(atLeast: .max)
  }

  /// Built beside the test bundle, which is mapped into this process.
  private static var executable: String {
    let maps = String(decoding: Files.read("/proc/self/maps") ?? [], as: UTF8.self)
    let bundle = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
    guard let path = bundle?.drop(while: { $0 != "/" }), let slash = path.lastIndex(of: "/")
    else { return "SQLiteCrashWriter" }
    return path[..<slash] + "/SQLiteCrashWriter"
  }
}
