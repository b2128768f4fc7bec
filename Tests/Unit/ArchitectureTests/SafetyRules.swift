/// Where the compiler is told to look away, a sentence says why that is right.
enum SafetyRules {
  static let linesBefore = 4

  private static let waivers = [
    "@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast", "Unmanaged",
  ]

  static func violations(in file: ProjectFile) -> [Violation] {
    let source = file.source
    return source.code.indices.flatMap { number -> [Violation] in
      let reach = max(0, number - linesBefore)...number
      guard !source.hasComment[reach].contains(true) else { return [] }
      return waivers.filter(source.code[number].contains).map {
        Violation(
          path: file.path, line: number + 1,
          message: "\($0) without a comment on its line or the \(linesBefore) before")
      }
    }
  }
}
