import BridgeModel

/// A mistake in the configuration, as one line that says where it is and what is allowed.
///
/// It never repeats the value: that may be a secret, or a secret in the wrong place. The command
/// prints it and exits with 78 (`EX_CONFIG`); a reload prints it and goes on with what is in force.
package struct ConfigurationError: Error, Sendable, Equatable {
  /// Where the value was written: `FILE:LINE`, `FILE`, `$VARIABLE` or `--flag`.
  package let place: String
  /// The key with its section, such as `[server] listen`; nil where the whole file is meant.
  package let key: String?
  /// What is wrong and what is allowed.
  package let message: String
}

extension ConfigurationError: CustomStringConvertible {
  /// The longest path or name of a variable that is shown.
  private static let maximumPlaceBytes = 512
  /// The longest line; room for a place, and a list of all keys of a section.
  private static let maximumBytes = 2048

  package var description: String {
    let place = UpstreamText.cut(place, to: Self.maximumPlaceBytes)
    let line = [place, key, message].compactMap(\.self).joined(separator: ": ")
    return UpstreamText.cut(line.printable { _ in "?" }, to: Self.maximumBytes)
  }
}

/// Where a value comes from.
enum ValueOrigin: Sendable, Equatable {
  case file(String, line: Int?)
  case variable(String)
  case flag(String)

  func mistake(_ key: String?, _ message: String) -> ConfigurationError {
    let place =
      switch self {
      case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
      case .variable(let name): "$\(name)"
      case .flag(let name): name
      }
    return ConfigurationError(place: place, key: key, message: message)
  }
}
