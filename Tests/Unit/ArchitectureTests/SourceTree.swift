import Foundation

/// A file of the project, by its path from the root.
struct ProjectFile {
  let path: String
  let text: String
  /// As many as ``MaskedSource/code`` has.
  let lines: [String]
  /// The text as Swift code; means nothing for other files.
  let source: MaskedSource

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    source = MaskedSource(text)
  }

  /// The folder that is a module: one below a room of `Sources`, or the command line's own.
  var module: String? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count > 2, parts[0] == "Sources" else { return nil }
    if parts[1] == "walletwire" { return parts[1] }
    return parts.count > 3 ? parts[2] : parts[1]
  }
}

/// A rule that a file does not keep.
struct Violation: Equatable, CustomStringConvertible {
  let path: String
  /// From 1.
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// The project on disk, found from where this file stands.
enum SourceTree {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The files below a folder whose names end in one of the extensions, in order. None where the
  /// folder does not exist.
  static func files(under folder: String, extensions: Set<String>) throws -> [ProjectFile] {
    let paths = FileManager.default.subpaths(atPath: root.appending(path: folder).path) ?? []
    return
      try paths.sorted()
      .filter { extensions.contains(URL(filePath: $0).pathExtension) }
      .map { path in
        let path = "\(folder)/\(path)"
        return ProjectFile(
          path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
      }
  }
}
