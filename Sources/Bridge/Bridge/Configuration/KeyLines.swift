/// Finds the lines on which the keys of a TOML document stand, which the parser does not tell.
///
/// A scan for people's sake: it knows section headers, bare, quoted and dotted keys. What it does
/// not know (keys inside inline tables) has no line, and a mistake there names the key alone.
struct KeyLines {
  /// By path, such as `server.listen`, `wallet[0]` and `wallet[0].url`.
  private var lines: [String: Int] = [:]

  init(_ text: String) {
    var section = ""
    var counts: [String: Int] = [:]
    var number = 0
    // CRLF is one character of Swift's.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for line in lines {
      number += 1
      let line = line.trimmingBlanks()
      if line.hasPrefix("[["), let end = line.firstRange(of: "]]") {
        let name = Self.path(line[..<end.lowerBound].dropFirst(2))
        section = "\(name)[\(counts[name, default: 0])]"
        counts[name, default: 0] += 1
        note(section, number)
      } else if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
        section = Self.path(line[..<end].dropFirst())
        note(section, number)
      } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
        let key = Self.path(line[..<equals])
        note(section.isEmpty ? key : "\(section).\(key)", number)
      }
    }
  }

  /// The line of a key, from 1, or of the section when the key has none.
  func line(section: String, key: String?) -> Int? {
    key.flatMap { lines["\(section).\($0)"] } ?? lines[section]
  }

  private mutating func note(_ path: String, _ line: Int) {
    if lines[path] == nil { lines[path] = line }
  }

  /// `server . "listen"` as `server.listen`.
  private static func path(_ text: some StringProtocol) -> String {
    text.split(separator: ".").map { part in
      part.trimmingBlanks().filter { $0 != "\"" && $0 != "'" }
    }.joined(separator: ".")
  }
}
