import Glibc

/// Why the program ends early: one line for stderr and an exit code of sysexits.h.
struct Failure: Error {
  enum Code: Int32 {
    case unavailable = 69
    case storage = 74
    case permission = 77
    case configuration = 78
  }

  var code: Code
  var message: String

  func exit() -> Never {
    StandardStream.error.writeLine("walletwire: \(TerminalText.oneLine(message))")
    Glibc.exit(code.rawValue)
  }
}
