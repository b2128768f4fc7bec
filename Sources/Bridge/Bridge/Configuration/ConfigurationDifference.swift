/// What a reload changes, by source: whatever is unchanged keeps its socket.
package struct ConfigurationDifference: Sendable, Equatable {
  /// Sources whose name is new.
  package internal(set) var added: [SourceSettings] = []
  /// Names that are gone.
  package internal(set) var removed: [String] = []
  /// Sources of a known name with other settings, a replaced key among them: disconnect, then
  /// connect with these.
  package internal(set) var changed: [SourceSettings] = []
  /// Names of which nothing has changed.
  package internal(set) var unchanged: [String] = []
  /// Whether `[server]` or `[storage]` differ. Part of that only a restart can bring into force.
  package internal(set) var serverChanged = false
  package internal(set) var storageChanged = false
}

extension Configuration {
  /// What would have to happen to get from this configuration to another.
  package func difference(to other: Configuration) -> ConfigurationDifference {
    var difference = ConfigurationDifference()
    let before = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0) })
    for source in other.sources {
      switch before[source.name] {
      case nil: difference.added.append(source)
      case source: difference.unchanged.append(source.name)
      default: difference.changed.append(source)
      }
    }
    let after = Set(other.sources.map(\.name))
    difference.removed = sources.map(\.name).filter { !after.contains($0) }
    difference.serverChanged = server != other.server
    difference.storageChanged = storage != other.storage
    return difference
  }
}
