/// A file is read in one sitting, a function on one screen.
enum SizeRules {
  static let maximumFileLines = 400
  static let maximumFunctionLines = 70
  static let maximumColumns = 100

  static func violations(in file: ProjectFile) -> [Violation] {
    let source = file.source
    // A text that ends in a line end has an empty line behind it, which is none.
    let lines = source.code.count - (source.code.last?.isEmpty == true ? 1 : 0)
    var found: [Violation] = []
    if lines > maximumFileLines {
      found.append(
        Violation(
          path: file.path, line: lines,
          message: "\(lines) lines, more than \(maximumFileLines)"))
    }
    for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated() where line.count > maximumColumns
    {
      found.append(
        Violation(
          path: file.path, line: number + 1,
          message: "\(line.count) columns, more than \(maximumColumns)"))
    }
    for function in functions(in: source) where function.lines > maximumFunctionLines {
      found.append(
        Violation(
          path: file.path, line: function.firstLine,
          message: "a function of \(function.lines) lines, more than \(maximumFunctionLines)"))
    }
    return found
  }

  struct Function: Equatable {
    /// From 1; the line of `func`, `init`, `deinit`, `subscript` or `var`.
    let firstLine: Int
    /// To the closing brace, both included.
    let lines: Int
  }

  private static let introducers: Set<String> = ["func", "init", "deinit", "subscript", "var"]
  /// What begins another declaration, so that the one before has no body (in a protocol).
  private static let otherDeclarations: Set<String> = [
    "let", "case", "struct", "class", "enum", "extension", "protocol", "associatedtype",
    "typealias", "import", "static", "package", "private", "fileprivate", "mutating",
  ]

  /// The functions with a body, closures and nested ones inside those included.
  static func functions(in source: MaskedSource) -> [Function] {
    let tokens = Token.all(in: source)
    return tokens.indices.compactMap { start in
      guard introducers.contains(tokens[start].text),
        start == 0 || tokens[start - 1].text != ".",
        let open = bodyOpening(after: start, in: tokens),
        let close = closing(of: open, in: tokens)
      else { return nil }
      return Function(
        firstLine: tokens[start].line, lines: tokens[close].line - tokens[start].line + 1)
    }
  }

  private static func bodyOpening(after start: Int, in tokens: [Token]) -> Int? {
    var depth = 0
    for index in tokens.indices[(start + 1)...] {
      let text = tokens[index].text
      switch text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return index
      case "}" where depth == 0, "=" where depth == 0: return nil
      default:
        if depth == 0, introducers.contains(text) || otherDeclarations.contains(text) { return nil }
      }
      if depth < 0 { return nil }
    }
    return nil
  }

  private static func closing(of open: Int, in tokens: [Token]) -> Int? {
    var depth = 0
    for index in tokens.indices[open...] {
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}

/// A word, or a single other character.
private struct Token {
  let text: String
  /// From 1.
  let line: Int

  static func all(in source: MaskedSource) -> [Token] {
    source.code.enumerated().flatMap { number, line in
      var tokens: [Token] = []
      var word = ""
      for character in line + " " {
        if character.isLetter || character.isNumber || character == "_" {
          word.append(character)
          continue
        }
        if !word.isEmpty { tokens.append(Token(text: word, line: number + 1)) }
        word = ""
        if !character.isWhitespace {
          tokens.append(Token(text: String(character), line: number + 1))
        }
      }
      return tokens
    }
  }
}
