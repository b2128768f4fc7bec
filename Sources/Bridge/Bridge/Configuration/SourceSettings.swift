package import LNbitsSource

/// `[[wallet]]`: one LNbits wallet.
package struct WalletSettings: Sendable, Equatable {
  /// `[a-z0-9_-]{1,32}`, unique over wallets and mints.
  package let name: String
  /// What people see; the name where nothing else is given.
  package let label: String
  package let url: UpstreamURL
  /// The invoice (read-only) key, as it was when the configuration was loaded.
  package internal(set) var invoiceKey: Secret
  package let trust: LNbitsConfiguration.Trust
  package let outgoingBalance: LNbitsConfiguration.OutgoingBalance
  package let upstream: UpstreamSettings

  var invoiceKeySource: SecretSource

  /// Makes a wallet without a file, as `demo` does. An empty label is the name.
  package init(
    name: String, label: String = "", url: UpstreamURL, invoiceKey: Secret,
    trust: LNbitsConfiguration.Trust = .verified,
    outgoingBalance: LNbitsConfiguration.OutgoingBalance = .auto,
    upstream: UpstreamSettings = UpstreamSettings()
  ) {
    self.name = name
    self.label = label.isEmpty ? name : label
    self.url = url
    self.invoiceKey = invoiceKey
    self.trust = trust
    self.outgoingBalance = outgoingBalance
    self.upstream = upstream
    invoiceKeySource = .inline(invoiceKey)
  }
}

/// `[[mint]]`: one Cashu mint.
package struct MintSettings: Sendable, Equatable {
  /// `[a-z0-9_-]{1,32}`, unique over wallets and mints.
  package let name: String
  /// What people see; the name where nothing else is given.
  package let label: String
  package let url: UpstreamURL
  package let upstream: UpstreamSettings

  /// Makes a mint without a file. An empty label is the name.
  package init(
    name: String, label: String = "", url: UpstreamURL,
    upstream: UpstreamSettings = UpstreamSettings()
  ) {
    self.name = name
    self.label = label.isEmpty ? name : label
    self.url = url
    self.upstream = upstream
  }
}

/// Any upstream that the configuration names.
package enum SourceSettings: Sendable, Equatable {
  case wallet(WalletSettings)
  case mint(MintSettings)

  package var name: String {
    switch self {
    case .wallet(let wallet): wallet.name
    case .mint(let mint): mint.name
    }
  }

  package var label: String {
    switch self {
    case .wallet(let wallet): wallet.label
    case .mint(let mint): mint.label
    }
  }

  package var url: UpstreamURL {
    switch self {
    case .wallet(let wallet): wallet.url
    case .mint(let mint): mint.url
    }
  }

  package var upstream: UpstreamSettings {
    switch self {
    case .wallet(let wallet): wallet.upstream
    case .mint(let mint): mint.upstream
    }
  }
}

/// A wallet or a mint while its keys are being read, or shown: what must be there may still be
/// missing.
struct SourceDraft: Sendable {
  var name = ""
  var label = ""
  var url: UpstreamURL?
  var invoiceKeySource: SecretSource?
  var trust = LNbitsConfiguration.Trust.verified
  var outgoingBalance = LNbitsConfiguration.OutgoingBalance.auto
  var upstream: UpstreamSettings

  init(upstream: UpstreamSettings) {
    self.upstream = upstream
  }

  init(_ wallet: WalletSettings) {
    name = wallet.name
    label = wallet.label
    url = wallet.url
    invoiceKeySource = wallet.invoiceKeySource
    trust = wallet.trust
    outgoingBalance = wallet.outgoingBalance
    upstream = wallet.upstream
  }

  init(_ mint: MintSettings) {
    name = mint.name
    label = mint.label
    url = mint.url
    upstream = mint.upstream
  }
}

extension SourceDraft {
  static let invoiceKeyKeys = (inline: "invoice_key", file: "invoice_key_file")

  static let nameAllowed = "1 to 32 of a-z, 0-9, _ and -"
  static let maximumLabelBytes = 200

  static let mintTable = namedTable(.mint) + upstreamTable

  static let walletTable: [Setting<SourceDraft>] =
    namedTable(.wallet) + [
      .secret(invoiceKeyKeys.inline, \.invoiceKeySource, .invoiceKey),
      .secretFile(invoiceKeyKeys.file, \.invoiceKeySource),
      .parsed(
        "trust", \.trust, allowed: #""verified" or "frames""#,
        parse: { LNbitsConfiguration.Trust(rawValue: $0) }, show: \.rawValue),
      .parsed(
        "outgoing_balance", \.outgoingBalance, allowed: #""before", "after" or "auto""#,
        parse: { LNbitsConfiguration.OutgoingBalance(rawValue: $0) }, show: \.rawValue),
    ] + upstreamTable

  /// What every source has: a name and an address.
  private static func namedTable(_ kind: PastedURL.Kind) -> [Setting<SourceDraft>] {
    [
      .parsed("name", \.name, allowed: nameAllowed, parse: { isName($0) ? $0 : nil }, show: \.self),
      .parsed(
        "label", \.label, allowed: "a text of at most \(maximumLabelBytes) bytes in one line",
        parse: label, show: \.self),
      .parsed(
        "url", \.url, allowed: UpstreamURL.allowed,
        parse: { PastedURL($0, of: kind).holdsKey ? nil : UpstreamURL($0).map(Optional.some) },
        show: { $0?.description ?? "" }, hint: { PastedURL($0, of: kind).hint }),
    ]
  }

  private static let upstreamTable: [Setting<SourceDraft>] =
    UpstreamSettings.table.map { .inside(\.upstream, $0) }

  static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
      }
  }

  @Sendable private static func label(_ text: String) -> String? {
    text.utf8.count <= maximumLabelBytes ? Setting<SourceDraft>.plainText(text) : nil
  }
}
