/// Which module may import which. One line for each room; a room that is not here is a violation,
/// so that a new one is placed on purpose.
enum ImportRules {
  private struct Room {
    /// Modules of this package.
    var rooms: Set<String> = []
    /// Modules from elsewhere.
    var packages: Set<String> = []
  }

  /// Pure modules: no C module, and FoundationEssentials in at most one file each.
  static let cores: Set<String> = [
    "WebSocketProtocol", "HTTPClientProtocol", "ServerSentEvents", "BridgeModel", "LNbitsSource",
    "CashuSource", "SourceRuntime", "JSON", "Storage",
  ]

  private static let shells: Set<String> = [
    "EventLoop", "Transport", "HTTPServer", "SQLiteStorage",
  ]

  private static let collections: Set<String> = ["DequeModule", "HeapModule", "Collections"]
  private static let system: Set<String> = collections.union([
    "Glibc", "Musl", "Synchronization", "FoundationEssentials",
  ])

  private static let table: [String: Room] = [
    "WebSocketProtocol": Room(packages: collections),
    "HTTPClientProtocol": Room(packages: collections),
    "ServerSentEvents": Room(packages: collections),
    "BridgeModel": Room(packages: collections),
    "Storage": Room(rooms: ["BridgeModel"]),
    "JSON": Room(),
    "LNbitsSource": Room(rooms: ["BridgeModel", "JSON"], packages: collections),
    "SourceRuntime": Room(rooms: ["BridgeModel"], packages: collections),
    "CashuSource": Room(rooms: ["BridgeModel", "JSON"], packages: collections),

    "EventLoop": Room(packages: system),
    "Transport": Room(rooms: ["EventLoop"], packages: system),
    "HTTPServer": Room(rooms: ["EventLoop"], packages: system),
    "SQLiteStorage": Room(rooms: ["BridgeModel", "Storage", "EventLoop"], packages: system),

    "LNbitsSimulator": Room(
      rooms: ["BridgeModel", "EventLoop", "JSON", "Transport", "WebSocketProtocol", "HTTPServer"],
      packages: system),
    "Bridge": Room(
      rooms: cores.union(shells),
      packages: system.union(["Logging", "TOMLKit", "ServiceLifecycle"])),
    "walletwire": Room(
      rooms: cores.union(shells).union(["Bridge", "LNbitsSimulator"]),
      packages: system.union(["Logging", "ArgumentParser", "ServiceLifecycle", "UnixSignals"])),
  ]

  /// Who may touch a C library. CLinux is not a library but the system's headers.
  private static let owners: [String: Set<String>] = [
    "CMicroHTTPD": ["HTTPServer"],
    "COpenSSL": ["Transport"],
    "CSQLite": ["SQLiteStorage"],
    "CLinux": ["EventLoop", "Transport", "HTTPServer"],
  ]

  static var rooms: Set<String> { Set(table.keys) }

  static func violations(in files: [ProjectFile]) -> [Violation] {
    var found: [Violation] = []
    var filesWithFoundation: [String: Set<String>] = [:]
    for file in files {
      guard let module = file.module else { continue }
      for (module, line, imported) in imports(of: file).map({ (module, $0.line, $0.module) }) {
        if cores.contains(module), imported == "FoundationEssentials" {
          filesWithFoundation[module, default: []].insert(file.path)
          guard let count = filesWithFoundation[module]?.count, count > 1 else { continue }
          found.append(
            Violation(
              path: file.path, line: line,
              message: "\(module) imports FoundationEssentials in a second file"))
        } else if let message = objection(to: imported, in: module) {
          found.append(Violation(path: file.path, line: line, message: message))
        }
      }
    }
    return found
  }

  private static func objection(to imported: String, in module: String) -> String? {
    if imported == "Foundation" { return "full Foundation is imported nowhere" }
    if let owners = owners[imported] {
      return owners.contains(module)
        ? nil : "\(imported) belongs to \(owners.sorted().joined(separator: ", "))"
    }
    guard let room = table[module] else { return "\(module) has no place in ImportRules" }
    guard !room.rooms.contains(imported), !room.packages.contains(imported) else { return nil }
    return "\(module) may not import \(imported)"
  }

  private static let kinds: Set<String> = [
    "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
  ]

  /// The modules that a file imports, with their lines from 1.
  static func imports(of file: ProjectFile) -> [(line: Int, module: String)] {
    file.source.code.enumerated().compactMap { number, line in
      let words = line.split(whereSeparator: { $0.isWhitespace || $0 == ";" })
      guard let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains(String($0)) })
      else { return nil }
      let name = words[(place + 1)...].first { !kinds.contains(String($0)) }
      guard let module = name?.split(separator: ".").first else { return nil }
      return (number + 1, String(module))
    }
  }

  private static let accessLevels: Set<String> = [
    "public", "package", "internal", "fileprivate", "private",
  ]
}
