import FaultyDisk
import Glibc
import Simulation
import Synchronization

/// Runs simulated lives; prints each that fails, and how to see it again.
@main
struct Simulate {
  static func main() async {
    liveDeterministically()
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      print("usage: simulate [--lives N] [--seed S] [--jobs J] [--stop-at-failure] [--trace]")
      exit(EX_USAGE)
    }
    let tally = Tally()
    let began = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      for job in 0..<options.jobs {
        group.addTask {
          let disk = FaultyDisk(name: "simulation-\(job)")
          let directory = Files.makeDirectory()
          defer { Files.removeDirectory(directory) }
          while case let index = tally.begin(), index < options.lives {
            if options.stopsAtFailure, tally.hasFailed { return }
            let life = Life(
              seed: options.seed &+ index, disk: disk, directory: directory,
              tracer: options.traces ? { print($0) } : nil)
            tally.add(life)
          }
        }
      }
    }
    print(tally.summary(ContinuousClock.now - began))
    exit(tally.hasFailed ? EXIT_FAILURE : EXIT_SUCCESS)
  }

  /// The order of a dictionary is chance that no seed governs, unless the process is told at its
  /// start.
  private static func liveDeterministically() {
    let variable = "SWIFT_DETERMINISTIC_HASHING"
    guard getenv(variable) == nil else { return }
    setenv(variable, "1", 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    // It could not be run anew; then a replay may differ in small things.
  }
}

private struct Options {
  var lives: UInt64 = 100
  var seed: UInt64 = 1
  var jobs = 2
  var stopsAtFailure = false
  var traces = false

  /// Nil for what cannot be understood.
  init?(_ arguments: ArraySlice<String>) {
    var rest = arguments
    while let name = rest.popFirst() {
      switch name {
      case "--trace": traces = true
      case "--stop-at-failure": stopsAtFailure = true
      case "--lives", "--seed", "--jobs":
        guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
        switch name {
        case "--lives": lives = number
        case "--seed": seed = number
        default: jobs = Int(min(max(number, 1), 64))
        }
      default: return nil
      }
    }
    if traces { jobs = 1 }
  }
}

/// What all lives came to.
private final class Tally: Sendable {
  private struct Sums {
    var lives = 0
    var failures = 0
    var payments = 0
    var faults = 0
    var deaths = 0
    var powerCuts = 0
    var events = 0
    var received = 0
    var simulated = Duration.zero
  }

  private let sums = Mutex(Sums())
  private let begun = Atomic<UInt64>(0)

  /// The number of the next life, from 0.
  func begin() -> UInt64 {
    begun.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  var hasFailed: Bool { sums.withLock { $0.failures > 0 } }

  func add(_ life: Life) {
    sums.withLock { sums in
      sums.lives += 1
      sums.payments += life.payments
      sums.faults += life.faults
      sums.deaths += life.deaths
      sums.powerCuts += life.powerCuts
      sums.events += life.events
      sums.received += life.received
      sums.simulated += life.simulated
      guard let failure = life.failure else { return }
      sums.failures += 1
      print("seed \(life.seed): \(failure)")
      print("  replay: simulate --seed \(life.seed) --lives 1 --trace")
    }
  }

  func summary(_ elapsed: Duration) -> String {
    sums.withLock { sums in
      """
      \(sums.lives) lives, \(sums.failures) failed: \(sums.payments) payments, \
      \(sums.faults) faults, \(sums.deaths) deaths, \
      \(sums.powerCuts) of them by the power; \
      \(sums.events) events written, \(sums.received) received; \
      \(sums.simulated.components.seconds / 3600) h simulated in \(elapsed.components.seconds) s
      """
    }
  }
}
