import CLinux
import Glibc

/// What becomes of the memory of a program that holds keys.
package enum ProcessMemory {
  /// Keeps the memory in the process, whatever ends it: no core dump, no debugger or reader of
  /// `/proc` of the same user, and no report of a crash with what the registers point at.
  ///
  /// Call it first in `main`. A report of Swift's runtime is left as it is where `SWIFT_BACKTRACE`
  /// asks for one.
  package static func keepPrivate() {
    // Also what core(5) pipes to a program, which the limit alone does not keep from being written.
    _ = clinux_forbid_dumps()
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
      signal(crash, SIG_DFL)
    }
  }
}
