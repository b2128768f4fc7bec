import BridgeModel
import Glibc
import Synchronization

/// The identity that the crash writer's book has.
let crashIdentity = BookIdentity(
  origin: "https://crash.example", keyFingerprint: "k", walletID: "w")

/// A running `EventStoreCrashWriter`, with its standard output at hand.
final class CrashWriterProcess {
  struct CannotStart: Error {
    let path: String
    let code: CInt
  }

  private let process: pid_t
  private let output: UnsafeMutablePointer<FILE>
  private var isReaped = false

  init(_ arguments: [String]) throws {
    let path = Self.executable
    let (child, reading) = try Self.oneAtATime.withLock { _ in
      try Self.spawn(path, arguments)
    }
    guard let stream = fdopen(reading, "r") else { throw CannotStart(path: path, code: errno) }
    process = child
    output = stream
  }

  /// No process may inherit another one's pipe, or its end would never be seen.
  private static let oneAtATime = Mutex(())

  private static func spawn(
    _ path: String, _ arguments: [String]
  ) throws -> (process: pid_t, output: CInt) {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw CannotStart(path: path, code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let code = posix_spawn(&child, path, &actions, nil, &words, nil)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw CannotStart(path: path, code: code)
    }
    return (child, ends[0])
  }

  deinit {
    kill()
    fclose(output)
  }

  /// Lines until there are so many, or the process ends.
  func readLines(atLeast count: Int) -> [String] {
    var lines: [String] = []
    while lines.count < count, let line = readLine() { lines.append(line) }
    return lines
  }

  /// SIGKILL, and waits until it is gone.
  func kill() {
    guard !isReaped else { return }
    Glibc.kill(process, SIGKILL)
    waitpid(process, nil, 0)
    isReaped = true
  }

  /// What it had told before it was killed and nobody had read yet.
  func remainingLines() -> [String] {
    readLines(atLeast: .max)
  }

  /// Nil at the end, and for a line that was cut off.
  private func readLine() -> String? {
    var buffer = [CChar](repeating: 0, count: 512)
    guard fgets(&buffer, CInt(buffer.count), output) != nil else { return nil }
    let line = String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return line.hasSuffix("\n") ? String(line.dropLast()) : nil
  }

  /// Built beside the test bundle, which is mapped into this process.
  private static var executable: String {
    let maps = String(decoding: Files.read("/proc/self/maps") ?? [], as: UTF8.self)
    let bundle = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
    guard let path = bundle?.drop(while: { $0 != "/" }), let slash = path.lastIndex(of: "/")
    else { return "EventStoreCrashWriter" }
    return path[..<slash] + "/EventStoreCrashWriter"
  }
}
