import Glibc
import Synchronization

/// A program that a test runs, with its standard output at hand. It ends with this object.
///
/// `@unchecked Sendable`: one test makes, uses and ends it. (Foundation's `Process` reads beyond a
/// buffer of its own when it lists descriptors, at which AddressSanitizer stops.)
package final class ChildProcess: @unchecked Sendable {
  /// It was not started; the code is that of `posix_spawnp`.
  package struct CannotStart: Error {
    package let program: String
    package let code: CInt
  }

  private let process: pid_t
  private let output: UnsafeMutablePointer<FILE>
  private var status: CInt?

  /// Starts a program with `/dev/null` for its standard input and errors.
  ///
  /// - Parameter command: Its path, or its name in `$PATH`, and its arguments.
  /// - Throws: `CannotStart`.
  package init(_ command: [String]) throws(CannotStart) {
    let (process, end) = try Self.oneAtATime.withLock { (_) throws(CannotStart) in
      try Self.spawn(command)
    }
    guard let output = fdopen(end, "r") else {
      throw CannotStart(program: command[0], code: errno)
    }
    self.process = process
    self.output = output
  }

  /// No process may inherit another one's pipe, or its end would never be seen.
  private static let oneAtATime = Mutex(())

  private static func spawn(
    _ command: [String]
  ) throws(CannotStart) -> (process: pid_t, output: CInt) {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw CannotStart(program: command[0], code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // The threads of Swift's tasks block all signals, and a child would inherit that: it could not
    // be ended.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let code = posix_spawnp(&child, command[0], &actions, &attributes, &words, environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw CannotStart(program: command[0], code: code)
    }
    return (child, ends[0])
  }

  deinit {
    end(with: SIGKILL)
    fclose(output)
  }

  /// The next line of its output, without its end; nil at the end, and for a line that was cut off.
  package func readLine() -> String? {
    var buffer = [CChar](repeating: 0, count: 512)
    guard fgets(&buffer, CInt(buffer.count), output) != nil else { return nil }
    let line = String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return line.hasSuffix("\n") ? String(line.dropLast()) : nil
  }

  /// Sends it a signal that ends it, unless it has ended, and waits until it is gone.
  package func end(with signal: CInt) {
    guard status == nil else { return }
    Glibc.kill(process, signal)
    _ = wait()
  }

  /// Waits for its end; its exit status, or nil when a signal ended it.
  package func wait() -> CInt? {
    if status == nil {
      var status: CInt = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
      self.status = status
    }
    return status.flatMap { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : nil }
  }
}
