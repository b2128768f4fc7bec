import Transport

extension ConfigurationLoader {
  /// Reads the wallets and mints, each on top of `[upstream]`.
  func addSources(
    of document: ConfigurationDocument, to configuration: inout Configuration
  ) throws(ConfigurationError) {
    var names: Set<String> = []
    let wallets = document.wallets + (try environmentWallet(document, configuration.file))
    let walletReadings = wallets.enumerated().map { SourceReading(.wallet, $0, $1) }
    for reading in walletReadings {
      configuration.wallets.append(try wallet(reading, configuration.upstream, &names))
    }
    let mintReadings = document.mints.enumerated().map { SourceReading(.mint, $0, $1) }
    for reading in mintReadings {
      let mint = try mint(reading, configuration.upstream, &names)
      // Its watches are known by its address: two names for it would tell everything twice.
      if let twin = configuration.mints.first(where: { $0.url == mint.url }) {
        throw reading.mistake("url", "is the mint that is called \"\(twin.name)\" already")
      }
      configuration.mints.append(mint)
    }
    let keys = configuration.wallets.map(\.invoiceKey)
    for reading in walletReadings + mintReadings { try reading.refuseKeys(keys) }
  }

  /// The one wallet that the environment makes where the file has none: its address and its key.
  private func environmentWallet(
    _ document: ConfigurationDocument, _ file: String?
  ) throws(ConfigurationError) -> [ConfigurationDocument.Section] {
    let keys = SourceDraft.invoiceKeyKeys
    let values = [
      variable(ConfigurationVariable.lnbitsURL, key: "url"),
      variable(ConfigurationVariable.invoiceKey, key: keys.inline),
      variable(ConfigurationVariable.invoiceKeyFile, key: keys.file),
    ].compactMap(\.self)
    guard let first = values.first else { return [] }
    guard document.wallets.isEmpty else {
      throw first.origin.mistake(
        nil, "must not be set beside \(file ?? "a file") that names wallets: write it there")
    }
    let name = GivenValue(key: "name", value: .word("main"), origin: first.origin)
    return [.init(values: [name] + values, origin: first.origin)]
  }

  private func wallet(
    _ reading: SourceReading, _ upstream: UpstreamSettings, _ names: inout Set<String>
  ) throws(ConfigurationError) -> WalletSettings {
    let (draft, url) = try reading.draft(SourceDraft.walletTable, upstream, &names)
    let keys = SourceDraft.invoiceKeyKeys
    let key = try secret(
      draft.invoiceKeySource, .invoiceKey, keys, given: reading.values, section: reading.title)
    guard let key, let source = draft.invoiceKeySource else {
      throw reading.missing("\(keys.file) or \(keys.inline)", SecretRule.invoiceKey.allowed)
    }
    var wallet = WalletSettings(
      name: draft.name, label: draft.label, url: url, invoiceKey: key, trust: draft.trust,
      outgoingBalance: draft.outgoingBalance, upstream: try ownUpstream(draft, reading))
    wallet.invoiceKeySource = source
    return wallet
  }

  private func mint(
    _ reading: SourceReading, _ upstream: UpstreamSettings, _ names: inout Set<String>
  ) throws(ConfigurationError) -> MintSettings {
    let (draft, url) = try reading.draft(SourceDraft.mintTable, upstream, &names)
    return MintSettings(
      name: draft.name, label: draft.label, url: url, upstream: try ownUpstream(draft, reading))
  }

  private func ownUpstream(
    _ draft: SourceDraft, _ reading: SourceReading
  ) throws(ConfigurationError) -> UpstreamSettings {
    var upstream = draft.upstream
    try readTrusted(into: &upstream, reading.values, section: reading.title)
    return upstream
  }

  /// Reads the certificates of `ca_file`, where that is given among these values.
  func readTrusted(
    into upstream: inout UpstreamSettings, _ given: [GivenValue], section: String
  ) throws(ConfigurationError) {
    let key = "ca_file"
    guard let origin = given.last(where: { $0.key == key })?.origin else { return }
    let path = upstream.certificateAuthorityFile
    upstream.trusted = nil
    guard !path.isEmpty else { return }
    do throws(FileReadError) {
      guard let contents = try readFile(path) else {
        throw FileReadError(reason: "there is no such file")
      }
      do throws(TransportError) {
        upstream.trusted = try TrustedCertificates(pem: contents.bytes)
      } catch {
        throw FileReadError(reason: error.description)
      }
    } catch {
      throw origin.mistake("\(section) \(key)", "\(path) cannot be used: \(error.reason)")
    }
  }
}

/// One `[[wallet]]` or `[[mint]]`, and how mistakes name it.
private struct SourceReading {
  let values: [GivenValue]
  let origin: ValueOrigin
  /// `[[wallet]] "main"` where it has a name, else `[[wallet]] number 2`.
  let title: String
  private let kind: PastedURL.Kind
  private let numberedTitle: String

  init(_ kind: PastedURL.Kind, _ index: Int, _ section: ConfigurationDocument.Section) {
    self.kind = kind
    values = section.values
    origin = section.origin
    let name = section.values.last { $0.key == "name" }?.value.text
    let isName = name.map { SourceDraft.isName($0) && !PastedURL.isLNbitsKey($0) } == true
    numberedTitle = "[[\(kind)]] number \(index + 1)"
    title = isName ? "[[\(kind)]] \"\(name ?? "")\"" : numberedTitle
  }

  func missing(_ keys: String, _ allowed: String) -> ConfigurationError {
    origin.mistake("\(title) \(keys)", "must be given: \(allowed)")
  }

  /// A mistake in a key that may be given, at its place.
  func mistake(_ key: String, _ words: String) -> ConfigurationError {
    (values.last { $0.key == key }?.origin ?? origin).mistake("\(title) \(key)", words)
  }

  /// Refuses a name, a label or an address with a wallet's key in it: all three are shown.
  func refuseKeys(_ keys: [Secret]) throws(ConfigurationError) {
    for value in values where ["name", "label"].contains(value.key) {
      guard let text = value.value.text, PastedURL.holdsAny(of: keys, text) else { continue }
      throw value.origin.mistake("\(numberedTitle) \(value.key)", "must not hold a wallet's key")
    }
    guard let value = values.last(where: { $0.key == "url" }), let text = value.value.text else {
      return
    }
    let url = PastedURL(text, of: kind, keys: keys)
    if url.holdsKey { throw mistake("url", "must be \(UpstreamURL.allowed)\(url.hint)") }
  }

  /// Reads the keys that wallets and mints share.
  func draft(
    _ table: [Setting<SourceDraft>], _ upstream: UpstreamSettings, _ names: inout Set<String>
  ) throws(ConfigurationError) -> (SourceDraft, UpstreamURL) {
    var draft = SourceDraft(upstream: upstream)
    try table.apply(values, to: &draft, section: title)
    guard !draft.name.isEmpty else { throw missing("name", SourceDraft.nameAllowed) }
    guard let url = draft.url else { throw missing("url", UpstreamURL.allowed) }
    guard names.insert(draft.name).inserted else {
      throw mistake("name", "is taken; wallets and mints share one set of names")
    }
    return (draft, url)
  }
}
