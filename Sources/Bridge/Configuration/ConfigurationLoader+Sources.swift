extension ConfigurationLoader {
  /// Reads the wallets and mints, each on top of `[upstream]`.
  func addSources(
    of document: ConfigurationDocument, to configuration: inout Configuration
  ) throws(ConfigurationError) {
    var names: Set<String> = []
    for (index, section) in (document.wallets + environmentWallet(document)).enumerated() {
      configuration.wallets.append(
        try wallet(SourceReading("wallet", index, section), configuration.upstream, &names))
    }
    for (index, section) in document.mints.enumerated() {
      let reading = SourceReading("mint", index, section)
      let mint = try mint(reading, configuration.upstream, &names)
      // Its watches are known by its address: two names for it would tell everything twice.
      if let twin = configuration.mints.first(where: { $0.url == mint.url }) {
        throw reading.mistake("url", "is the mint that is called \"\(twin.name)\" already")
      }
      configuration.mints.append(mint)
    }
  }

  /// The one wallet that the environment makes where the file has none: its address and its key.
  private func environmentWallet(
    _ document: ConfigurationDocument
  ) -> [ConfigurationDocument.Section] {
    guard document.wallets.isEmpty else { return [] }
    let keys = SourceDraft.invoiceKeyKeys
    let values = [
      variable("WALLETWIRE_LNBITS_URL", key: "url"),
      variable("WALLETWIRE_INVOICE_KEY", key: keys.inline),
      variable("WALLETWIRE_INVOICE_KEY_FILE", key: keys.file),
    ].compactMap(\.self)
    guard let first = values.first else { return [] }
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
      outgoingBalance: draft.outgoingBalance, upstream: draft.upstream)
    wallet.invoiceKeySource = source
    return wallet
  }

  private func mint(
    _ reading: SourceReading, _ upstream: UpstreamSettings, _ names: inout Set<String>
  ) throws(ConfigurationError) -> MintSettings {
    let (draft, url) = try reading.draft(SourceDraft.mintTable, upstream, &names)
    return MintSettings(
      name: draft.name, label: draft.label, url: url, upstream: draft.upstream)
  }
}

/// One `[[wallet]]` or `[[mint]]`, and how mistakes name it.
private struct SourceReading {
  let values: [GivenValue]
  let origin: ValueOrigin
  /// `[[wallet]] "main"` where it has a name, else `[[wallet]] number 2`.
  let title: String

  init(_ kind: String, _ index: Int, _ section: ConfigurationDocument.Section) {
    values = section.values
    origin = section.origin
    let name = section.values.last { $0.key == "name" }?.value.text
    let isName = name.map(SourceDraft.isName) == true
    title = "[[\(kind)]] " + (isName ? "\"\(name ?? "")\"" : "number \(index + 1)")
  }

  func missing(_ keys: String, _ allowed: String) -> ConfigurationError {
    origin.mistake("\(title) \(keys)", "must be given: \(allowed)")
  }

  /// A mistake in a key that may be given, at its place.
  func mistake(_ key: String, _ words: String) -> ConfigurationError {
    (values.last { $0.key == key }?.origin ?? origin).mistake("\(title) \(key)", words)
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
