extension ConfigurationLoader {
  /// Reads a secret from where it is written.
  ///
  /// - Parameters:
  ///   - source: what the section's table has settled on; nil for no secret.
  ///   - rule: what the secret may consist of.
  ///   - keys: the two keys it can be given by.
  ///   - given: the section's values.
  ///   - section: how mistakes name the section.
  /// - Throws: ``ConfigurationError`` when both keys are given in one place, or the file cannot be
  ///   used.
  func secret(
    _ source: SecretSource?, _ rule: SecretRule, _ keys: (inline: String, file: String),
    given: [GivenValue], section: String
  ) throws(ConfigurationError) -> Secret? {
    // The environment stands over the file; within either, two answers are one too many.
    for layer in [given.filter(\.isFromFile), given.filter { !$0.isFromFile }] {
      guard layer.give(keys.inline), layer.give(keys.file),
        let origin = layer.last(where: { $0.key == keys.file })?.origin
      else { continue }
      throw origin.mistake(
        "\(section) \(keys.file)", "only one of \(keys.inline) and \(keys.file) may be given")
    }

    switch source {
    case nil: return nil
    case .inline(let secret): return secret
    case .file(let path):
      let origin = given.last { $0.key == keys.file }?.origin ?? .file(path, line: nil)
      return try rule.secret(inFile: path, readFile) {
        origin.mistake("\(section) \(keys.file)", $0)
      }
    }
  }
}

extension SecretRule {
  /// Reads a secret from a file of its own.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - readFile: reads it.
  ///   - mistake: makes an error of what is wrong with the file.
  /// - Throws: what `mistake` makes.
  func secret(
    inFile path: String, _ readFile: FileReader, mistake: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> Secret {
    let shown = Self.shown(path: path)
    let contents: FileContents?
    do throws(FileReadError) {
      contents = try readFile(path)
    } catch {
      throw mistake("\(shown) cannot be read: \(error.reason)")
    }
    guard let contents else { throw mistake("\(shown) does not exist") }
    guard !contents.isOpenToOthers else {
      throw mistake("\(path) can be read by other users of this machine; run: chmod 600 \(path)")
    }
    guard let secret = secret(String(decoding: contents.text, as: UTF8.self)) else {
      throw mistake("\(path) must hold nothing but \(allowed)")
    }
    return secret
  }

  /// The longest name without a folder that is surely no secret.
  private static let maximumBareNameBytes = 15

  /// A path as mistakes name it, unless it may be the secret itself, written where the file
  /// belongs.
  private static func shown(path: String) -> String {
    let isPath = path.contains("/") && !path.contains { "+=".contains($0) }
    if isPath || path.utf8.count <= maximumBareNameBytes { return path }
    return "the file named there (the path of one, not the secret itself)"
  }
}

extension WalletSettings {
  /// Whether the key is read from a file.
  var hasKeyFile: Bool {
    if case .file = invoiceKeySource { true } else { false }
  }

  /// The wallet with its key read again from its file, for a reconnect by hand: a key is replaced
  /// by replacing its file. A key that stands in the configuration itself stays.
  ///
  /// - Parameter readFile: reads the file.
  /// - Throws: ``ConfigurationError`` when the file cannot be used; go on with the key there is.
  package func readingKeyAgain(
    _ readFile: FileReader = FileContents.read
  ) throws(ConfigurationError) -> WalletSettings {
    guard case .file(let path) = invoiceKeySource else { return self }
    var wallet = self
    wallet.invoiceKey = try SecretRule.invoiceKey.secret(inFile: path, readFile) {
      ConfigurationError(
        place: path, key: "[[wallet]] \"\(name)\" \(SourceDraft.invoiceKeyKeys.file)", message: $0)
    }
    return wallet
  }
}

extension GivenValue {
  fileprivate var isFromFile: Bool {
    if case .file = origin { true } else { false }
  }
}
