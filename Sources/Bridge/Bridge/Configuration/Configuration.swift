/// Everything the bridge is told before it starts, checked and complete: what is not written has
/// its default, keys and tokens have been read from their files.
package struct Configuration: Sendable, Equatable {
  /// The file it came from; nil when there was none.
  package var file: String?
  package var server = ServerSettings()
  package var storage = StorageSettings()
  /// The section itself, in which no source's own keys stand.
  package var upstream = UpstreamSettings()
  /// In the order of the file; the first is the one that is meant where none is named.
  package var wallets: [WalletSettings] = []
  package var mints: [MintSettings] = []
  /// What is allowed and yet should be told at the start: one line each, without a secret.
  package var warnings: [String] = []

  /// The defaults alone.
  package init() {}

  /// Wallets, then mints, in the order of the file.
  package var sources: [SourceSettings] {
    wallets.map(SourceSettings.wallet) + mints.map(SourceSettings.mint)
  }
}

extension Configuration {
  /// The effective configuration as JSON, for `GET /api/v1/config`: the sections and keys of the
  /// file, every key with the value in force, secrets as `"***"`.
  package var effectiveJSON: String {
    func object<Settings>(_ settings: Settings, _ table: [Setting<Settings>]) -> JSONNode {
      .object(table.map { ($0.key, $0.show(settings)) })
    }
    return JSONNode.object([
      ("server", object(server, ServerSettings.table)),
      ("storage", object(storage, StorageSettings.table)),
      ("upstream", object(upstream, UpstreamSettings.table)),
      ("wallet", .array(wallets.map { object(SourceDraft($0), SourceDraft.walletTable) })),
      ("mint", .array(mints.map { object(SourceDraft($0), SourceDraft.mintTable) })),
    ]).text
  }
}
