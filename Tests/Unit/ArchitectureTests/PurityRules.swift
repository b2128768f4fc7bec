/// A core is told the time and handed a generator; it asks for neither. So a life of the bridge can
/// be played again from a seed.
enum PurityRules {
  private static let forbidden = [
    "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator",
    "UUID()", "Task.sleep", "clock_gettime", "getenv", "print(",
  ]

  /// Calls that draw from the system's generator unless another is handed in.
  private static let drawing = [".random(", ".randomElement(", ".shuffled(", ".shuffle("]

  static func violations(in file: ProjectFile) -> [Violation] {
    guard let module = file.module, ImportRules.cores.contains(module) else { return [] }
    let code = file.source.code
    return code.indices.flatMap { number -> [Violation] in
      var found = forbidden.filter(code[number].contains)
      found += drawing.filter { call in
        calls(call, from: number, in: code).contains { !$0.contains("using:") }
      }
      return found.map {
        Violation(path: file.path, line: number + 1, message: "a core has no \($0) of its own")
      }
    }
  }

  /// The arguments of each such call that begins on a line, up to its closing parenthesis.
  private static func calls(_ call: String, from number: Int, in code: [String]) -> [String] {
    let text = code[number...].joined(separator: "\n")
    let firstLineEnd = text.firstIndex(of: "\n") ?? text.endIndex
    return text[..<firstLineEnd].ranges(of: call).map { range in
      var depth = 1
      return String(
        text[range.upperBound...].prefix { character in
          if character == "(" { depth += 1 }
          if character == ")" { depth -= 1 }
          return depth > 0
        })
    }
  }
}
