/// What the command line says about the configuration.
package struct ConfigurationOverrides: Sendable, Equatable {
  /// `--config FILE`.
  package var file: String?
  /// `--listen HOST:PORT`.
  package var listen: String?

  package init(file: String? = nil, listen: String? = nil) {
    self.file = file
    self.listen = listen
  }
}

extension Configuration {
  /// Where a file is looked for when none is named; the first that exists is taken.
  package static let searchedFiles = ["config/walletwire.toml", "/etc/walletwire/walletwire.toml"]

  /// Loads the configuration: defaults, then the file, then the environment, then the flags.
  ///
  /// - Parameters:
  ///   - overrides: the flags.
  ///   - environment: all variables. One that is empty counts as not set.
  ///   - readFile: reads the configuration, and the key files it names.
  /// - Throws: ``ConfigurationError`` for the first mistake; exit with 78.
  package static func load(
    _ overrides: ConfigurationOverrides = ConfigurationOverrides(),
    environment: [String: String],
    readFile: @escaping FileReader = FileContents.read
  ) throws(ConfigurationError) -> Configuration {
    try ConfigurationLoader(
      overrides: overrides,
      environment: environment.filter { !$0.value.isEmpty },
      readFile: readFile
    ).load()
  }
}

/// Puts the layers together: defaults, file, environment, flags.
struct ConfigurationLoader {
  let overrides: ConfigurationOverrides
  /// Without empty variables.
  let environment: [String: String]
  let readFile: FileReader

  func load() throws(ConfigurationError) -> Configuration {
    if let name = ConfigurationVariable.firstUnknown(in: environment) {
      throw ValueOrigin.variable(GivenValue.shown(key: name)).mistake(
        nil,
        "unknown variable; the nearest known one is \(ConfigurationVariable.nearest(to: name))")
    }
    var configuration = Configuration()
    let (file, document) = try findDocument()
    configuration.file = file
    configuration.server = try server(document)
    configuration.storage = try storage(document)
    try UpstreamSettings.table.apply(
      given("upstream", UpstreamSettings.table, document), to: &configuration.upstream,
      section: "[upstream]")
    try readTrusted(
      into: &configuration.upstream, given("upstream", UpstreamSettings.table, document),
      section: "[upstream]")
    try addSources(of: document, to: &configuration)
    if let file, document.isOpenToOthers, document.holdsSecret {
      configuration.warnings.append(
        "\(file) holds a key and can be read by other users of this machine; run: chmod 600 \(file)"
      )
    }
    return configuration
  }

  private func findDocument() throws(ConfigurationError) -> (String?, ConfigurationDocument) {
    let named: (path: String, origin: ValueOrigin)? =
      if let path = overrides.file {
        (path, .flag("--config"))
      } else {
        environment[ConfigurationVariable.config].map {
          ($0, .variable(ConfigurationVariable.config))
        }
      }
    if let named {
      guard let document = try document(named.path) else {
        throw named.origin.mistake(nil, "\(named.path): no such file")
      }
      return (named.path, document)
    }
    for path in Configuration.searchedFiles {
      if let document = try document(path) { return (path, document) }
    }
    return (nil, ConfigurationDocument())
  }

  private func document(_ path: String) throws(ConfigurationError) -> ConfigurationDocument? {
    let contents: FileContents?
    do throws(FileReadError) {
      contents = try readFile(path)
    } catch {
      throw ValueOrigin.file(path, line: nil).mistake(nil, "cannot be read: \(error.reason)")
    }
    guard let contents else { return nil }
    return try ConfigurationDocument(contents, path: path)
  }

  /// What is said to a section, the file first: later values stand over earlier ones.
  private func given<Settings>(
    _ name: String, _ table: [Setting<Settings>], _ document: ConfigurationDocument
  ) -> [GivenValue] {
    let variables = table.compactMap { setting in
      variable(ConfigurationVariable.name(section: name, key: setting.key), key: setting.key)
    }
    return (document.tables[name]?.values ?? []) + variables
  }

  func variable(_ name: String, key: String) -> GivenValue? {
    environment[name].map {
      GivenValue(key: key, value: .word($0), origin: .variable(name))
    }
  }

  private func server(
    _ document: ConfigurationDocument
  ) throws(ConfigurationError) -> ServerSettings {
    let section = "[server]"
    let keys = ServerSettings.accessTokenKeys
    var values = [
      variable(ConfigurationVariable.accessTokenFile, key: keys.file),
      variable(ConfigurationVariable.accessToken, key: keys.inline),
    ].compactMap(\.self)
    values = given("server", ServerSettings.table, document) + values
    if let listen = overrides.listen {
      values.append(
        GivenValue(key: "listen", value: .word(listen), origin: .flag("--listen")))
    }

    var server = ServerSettings()
    try ServerSettings.table.apply(values, to: &server, section: section)
    server.accessToken = try secret(
      server.accessTokenSource, .accessToken, keys, given: values, section: section)
    guard !server.isExposed else {
      let origin = values.last { $0.key == "listen" }?.origin ?? .flag("--listen")
      throw origin.mistake(
        "\(section) listen",
        "beyond loopback an access token is required: give access_token_file or "
          + #"$WALLETWIRE_ACCESS_TOKEN, or say access = "open""#)
    }
    return server
  }

  private func storage(
    _ document: ConfigurationDocument
  ) throws(ConfigurationError) -> StorageSettings {
    var storage = StorageSettings()
    try StorageSettings.table.apply(
      given("storage", StorageSettings.table, document), to: &storage, section: "[storage]")
    guard storage.path.isEmpty else { return storage }
    guard let path = StorageSettings.defaultPath(environment) else {
      throw ValueOrigin.variable("HOME").mistake(
        "[storage] path", "must be given where neither HOME nor STATE_DIRECTORY is set")
    }
    storage.path = path
    return storage
  }
}

extension ConfigurationDocument {
  /// Whether a secret stands in the file itself.
  var holdsSecret: Bool {
    func holds<Settings>(_ section: Section?, _ table: [Setting<Settings>]) -> Bool {
      let secrets = table.filter(\.isSecret).map(\.key)
      return section?.values.contains { secrets.contains($0.key) && !$0.value.isEmptyText } == true
    }
    return holds(tables["server"], ServerSettings.table)
      || wallets.contains { holds($0, SourceDraft.walletTable) }
  }
}

extension [GivenValue] {
  /// Whether a key has a value; an empty text is none.
  func give(_ key: String) -> Bool {
    contains { $0.key == key && !$0.value.isEmptyText }
  }
}

extension Array {
  /// Reads values into settings by this table, in order.
  ///
  /// - Throws: ``ConfigurationError`` for a key that the table does not have, or a value that its
  ///   key does not allow.
  func apply<Settings>(
    _ values: [GivenValue], to settings: inout Settings, section: String
  ) throws(ConfigurationError) where Element == Setting<Settings> {
    for given in values {
      guard let setting = first(where: { $0.key == given.key }) else {
        throw given.origin.mistake(
          "\(section) \(GivenValue.shown(key: given.key))",
          "unknown key; allowed are \(map(\.key).joined(separator: ", "))")
      }
      guard setting.read(given.value, &settings) else {
        let hint = given.value.text.map(setting.hint) ?? ""
        throw given.origin.mistake("\(section) \(given.key)", "must be \(setting.allowed)\(hint)")
      }
    }
  }
}
