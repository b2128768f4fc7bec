/// The names of the environment's variables: those that mean something to the bridge, and what
/// becomes of the others.
enum ConfigurationVariable {
  static let config = "WALLETWIRE_CONFIG"
  static let accessToken = "WALLETWIRE_ACCESS_TOKEN"
  static let accessTokenFile = "WALLETWIRE_ACCESS_TOKEN_FILE"
  static let lnbitsURL = "WALLETWIRE_LNBITS_URL"
  static let invoiceKey = "WALLETWIRE_INVOICE_KEY"
  static let invoiceKeyFile = "WALLETWIRE_INVOICE_KEY_FILE"

  private static let prefix = "WALLETWIRE_"

  /// The variable of one key of a section, such as `WALLETWIRE_SERVER_LISTEN`.
  static func name(section: String, key: String) -> String {
    prefix + "\(section)_\(key)".uppercased()
  }

  /// Every variable that is read.
  static let known: [String] =
    [config, accessToken, accessTokenFile, lnbitsURL, invoiceKey, invoiceKeyFile]
    + ServerSettings.table.map { name(section: "server", key: $0.key) }
    + StorageSettings.table.map { name(section: "storage", key: $0.key) }
    + UpstreamSettings.table.map { name(section: "upstream", key: $0.key) }

  /// Set by the makers of Walletwire for their own tests and tools, which start the bridge in the
  /// same environment.
  private static let ofTests: Set<String> = [
    "WALLETWIRE_BINARY", "WALLETWIRE_TIME_FACTOR", "WALLETWIRE_FUZZ", "WALLETWIRE_FUZZ_TARGET",
  ]

  /// The first variable, by its name, that would be Walletwire's and is not known: a misspelt one,
  /// which to ignore could leave the bridge open.
  static func firstUnknown(in environment: [String: String]) -> String? {
    environment.filter { name, value in
      name.uppercased().hasPrefix(prefix) && !known.contains(name) && !ofTests.contains(name)
        && !isOfOrchestrator(name, value)
    }.keys.min()
  }

  /// Whether Kubernetes has set it, or a container's link: each service `walletwire…` beside the
  /// bridge gives every container variables such as `WALLETWIRE_SERVICE_HOST` and
  /// `WALLETWIRE_PORT_2121_TCP_ADDR`.
  private static func isOfOrchestrator(_ name: String, _ value: String) -> Bool {
    let isService = name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT")
    let transports = ["TCP", "UDP", "SCTP"]
    let isPort = transports.contains { transport in
      value.hasPrefix(transport.lowercased() + "://") && name.hasSuffix("_PORT")
        || name.contains("_PORT_") && name.contains("_\(transport)")
    }
    return isService || isPort
  }

  /// The known variable that was most likely meant.
  static func nearest(to name: String) -> String {
    let written = Array(name.uppercased().utf8.prefix(maximumComparedBytes))
    let distances = known.map { (name: $0, distance: distance(from: written, to: Array($0.utf8))) }
    return distances.min { $0.distance < $1.distance }?.name ?? config
  }

  /// Longer than any known one.
  private static let maximumComparedBytes = 100
  /// A letter that was left out costs less than a wrong one: people shorten names.
  private static let costOfMissing = 1
  private static let costOfWrong = 2

  /// The cheapest way from one word to another by letters put in, taken out, replaced, or exchanged
  /// with their neighbours (the optimal string alignment distance, with the costs above).
  private static func distance(from written: [UInt8], to known: [UInt8]) -> Int {
    var rows = [(0...known.count).map { $0 * costOfMissing }]
    for i in written.indices {
      var row = [(i + 1) * costOfWrong]
      for j in known.indices {
        var cost = min(
          rows[i][j] + (written[i] == known[j] ? 0 : costOfWrong),
          rows[i][j + 1] + costOfWrong,
          row[j] + costOfMissing)
        if i > 0, j > 0, written[i] == known[j - 1], written[i - 1] == known[j] {
          cost = min(cost, rows[i - 1][j - 1] + costOfWrong)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[written.count][known.count]
  }
}
