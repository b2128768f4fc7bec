/// `[storage]`: the event log.
package struct StorageSettings: Sendable, Equatable {
  /// The database file. Never empty once loaded: the default has been worked out.
  package var path = ""
  /// How many events are kept, 1 to 1 000 000 000.
  package var keptEvents = 100_000

  package init() {}
}

extension StorageSettings {
  static let table: [Setting<StorageSettings>] = [
    .path("path", \.path),
    .integer("keep_events", \.keptEvents, in: 1...1_000_000_000),
  ]

  /// Where the database goes when no path is given: into what systemd provides (`StateDirectory=`,
  /// the first where there are several), else where the XDG Base Directory Specification puts
  /// state. Nil when not even a home is known.
  static func defaultPath(_ environment: [String: String]) -> String? {
    let file = "walletwire.db"
    func folder(_ variable: String) -> String? {
      // XDG says that a relative path is invalid and to be ignored.
      environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
      return "\(state)/\(file)"
    }
    if let state = folder("XDG_STATE_HOME") { return "\(state)/walletwire/\(file)" }
    return folder("HOME").map { "\($0)/.local/state/walletwire/\(file)" }
  }
}
