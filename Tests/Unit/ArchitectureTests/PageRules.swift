/// The page works without the internet, and tells nobody that it is open: it refers to no other
/// host.
enum PageRules {
  static let extensions: Set<String> = ["html", "css", "js", "mjs", "svg", "json", "webmanifest"]

  /// Names of languages, not places that are asked for anything.
  private static let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"]

  static func violations(in file: ProjectFile) -> [Violation] {
    file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
      number, line in
      var line = String(line)
      for namespace in namespaces { line.replace(namespace, with: "") }
      return references(in: line).map {
        Violation(path: file.path, line: number + 1, message: "refers to another host: \($0)")
      }
    }
  }

  /// Absolute URLs, and those that leave out the scheme only.
  private static func references(in line: String) -> [Substring] {
    let absolute = /(?i)\b(?:https?|wss?):\/\/[^\s"'`<>)]+/
    let schemeless = /["'(=]\s*(\/\/[A-Za-z0-9][^\s"'<>)]*)/
    return line.matches(of: absolute).map(\.output)
      + line.matches(of: schemeless).map(\.output.1)
  }
}
