/// What is declared is used, somewhere in the sources: tests alone are no use.
enum DeclarationRules {
  /// Called by the runtime, by Swift's protocols and by packages, under names that are theirs.
  private static let calledFromElsewhere: Set<String> = [
    // SerialExecutor and Actor
    "checkIsolated", "isIsolatingCurrentContext", "unownedExecutor",
    // CustomReflectable and CustomDebugStringConvertible
    "customMirror", "debugDescription",
    // ArgumentParser, and a level's name on the command line
    "validate", "trace",
    // How tests see that a loop sleeps.
    "wakeUpCount",
  ]

  private static let introducers: Set<String> = [
    "func", "var", "let", "struct", "class", "enum", "protocol", "typealias", "actor",
  ]

  static func violations(in files: [ProjectFile]) -> [Violation] {
    var mentions: [String: Int] = [:]
    var declarations: [(name: String, path: String, line: Int)] = []
    for file in files {
      for (number, line) in file.source.code.enumerated() {
        let code = words(in: line)
        for word in code { mentions[word, default: 0] += 1 }
        for word in wordsInInterpolations(of: file, number, line) {
          mentions[word, default: 0] += 1
        }
        for name in declared(code, line) { declarations.append((name, file.path, number + 1)) }
      }
    }
    let counts = Dictionary(grouping: declarations, by: \.name).mapValues(\.count)
    return declarations.filter { declaration in
      mentions[declaration.name, default: 0] <= counts[declaration.name, default: 0]
        && !calledFromElsewhere.contains(declaration.name)
    }
    .map {
      Violation(path: $0.path, line: $0.line, message: "\($0.name) is used by no source")
    }
  }

  private static func declared(_ words: [String], _ line: String) -> [String] {
    var names = words.indices.dropLast().filter { introducers.contains(words[$0]) }
      .map { words[$0 + 1] }
    // An enum's case, not a pattern's.
    if let match = line.firstMatch(of: /^\s*(?:indirect )?case ([a-z]\w*)\s*(?:[(=,]|$)/),
      !line.hasSuffix(":")
    {
      names.append(String(match.output.1))
    }
    // `let (a, b)` and `case let` introduce no name that this could follow.
    return names.filter { !$0.isEmpty && !introducers.contains($0) && $0 != "_" }
  }

  private static func words(in line: String) -> [String] {
    line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
  }

  /// Strings are blanked out in the code, what stands in their interpolations with them.
  private static func wordsInInterpolations(
    of file: ProjectFile, _ number: Int, _ code: String
  ) -> [String] {
    let line = file.lines[number]
    return line.matches(of: /\\#*\((.*)/).flatMap { words(in: String($0.output.1)) }
  }
}
