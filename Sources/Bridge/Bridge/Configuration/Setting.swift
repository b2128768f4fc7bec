/// One key of a section: how it is read into the settings, and how its effective value is shown.
/// The tables of these are the only place where keys, ranges and defaults are written down.
struct Setting<Settings>: Sendable {
  let key: String
  /// Ends the sentence "must be …".
  let allowed: String
  /// Takes a value into the settings; false when it is not allowed.
  let read: @Sendable (ConfigurationValue, inout Settings) -> Bool
  /// The effective value, with a secret masked.
  let show: @Sendable (Settings) -> JSONNode
  /// What is said of a text that is not allowed, behind "must be …". Never repeats a secret.
  var hint: @Sendable (String) -> String = { _ in "" }
  /// Whether the value itself is a secret, so that the file it stands in has to be one.
  var isSecret = false
}

extension Setting {
  typealias Path<Value> = WritableKeyPath<Settings, Value> & Sendable

  static func flag(_ key: String, _ path: any Path<Bool>) -> Self {
    Setting(
      key: key, allowed: "true or false",
      read: { value, settings in
        guard let flag = value.flag else { return false }
        settings[keyPath: path] = flag
        return true
      },
      show: { .flag($0[keyPath: path]) })
  }

  static func integer(_ key: String, _ path: any Path<Int>, in range: ClosedRange<Int>) -> Self {
    Setting(
      key: key, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { value, settings in
        guard let integer = value.integer, range.contains(integer) else { return false }
        settings[keyPath: path] = integer
        return true
      },
      show: { .integer($0[keyPath: path]) })
  }

  /// A time that is written in whole milliseconds.
  static func milliseconds(
    _ key: String, _ path: any Path<Duration>, in range: ClosedRange<Int>
  ) -> Self {
    Setting(
      key: key,
      allowed: "a whole number of milliseconds from \(range.lowerBound) to \(range.upperBound)",
      read: { value, settings in
        guard let integer = value.integer, range.contains(integer) else { return false }
        settings[keyPath: path] = .milliseconds(integer)
        return true
      },
      show: { .integer($0[keyPath: path].wholeMilliseconds) })
  }

  /// A text that means something else, or nothing at all.
  static func parsed<Value>(
    _ key: String, _ path: any Path<Value>, allowed: String,
    parse: @escaping @Sendable (String) -> Value?,
    show: @escaping @Sendable (Value) -> String,
    hint: @escaping @Sendable (String) -> String = { _ in "" }
  ) -> Self {
    Setting(
      key: key, allowed: allowed,
      read: { value, settings in
        guard let text = value.text, let parsed = parse(text) else { return false }
        settings[keyPath: path] = parsed
        return true
      },
      show: { .text(show($0[keyPath: path])) }, hint: hint)
  }

  /// A list of texts, each of which is put into its one spelling.
  static func list(
    _ key: String, _ path: any Path<[String]>, of allowed: String,
    parse: @escaping @Sendable (String) -> String?
  ) -> Self {
    Setting(
      key: key, allowed: "a list of \(allowed)",
      read: { value, settings in
        guard let texts = value.list else { return false }
        let parsed = texts.compactMap(parse)
        guard parsed.count == texts.count else { return false }
        settings[keyPath: path] = parsed
        return true
      },
      show: { .array($0[keyPath: path].map(JSONNode.text)) })
  }

  /// The path of a file or folder, in one line; empty for none.
  static func path(_ key: String, _ path: any Path<String>) -> Self {
    parsed(key, path, allowed: "a path", parse: Self.plainText, show: \.self)
  }

  /// A secret that is written in the configuration itself. An empty one is none.
  static func secret(
    _ key: String, _ path: any Path<SecretSource?>, _ rule: SecretRule
  ) -> Self {
    Setting(
      key: key, allowed: rule.allowed,
      read: { value, settings in
        guard !value.isEmptyText else { return true }
        guard let secret = value.text.flatMap(rule.secret) else { return false }
        settings[keyPath: path] = .inline(secret)
        return true
      },
      show: {
        if case .inline = $0[keyPath: path] { .text(Secret.mask) } else { .text("") }
      }, isSecret: true)
  }

  /// The file that holds a secret. An empty path is none.
  static func secretFile(_ key: String, _ path: any Path<SecretSource?>) -> Self {
    Setting(
      key: key, allowed: "the path of a file",
      read: { value, settings in
        guard !value.isEmptyText else { return true }
        guard let file = value.text.flatMap(Self.plainText) else { return false }
        settings[keyPath: path] = .file(file)
        return true
      },
      show: {
        if case .file(let file) = $0[keyPath: path] { .text(file) } else { .text("") }
      })
  }

  /// A setting of a part, as a setting of the whole.
  static func inside<Part>(_ path: any Path<Part>, _ setting: Setting<Part>) -> Self {
    Setting(
      key: setting.key, allowed: setting.allowed,
      read: { value, settings in setting.read(value, &settings[keyPath: path]) },
      show: { setting.show($0[keyPath: path]) }, hint: setting.hint, isSecret: setting.isSecret)
  }

  /// A text without control characters.
  @Sendable static func plainText(_ text: String) -> String? {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? text : nil
  }
}

/// What a secret may consist of. Everything else is refused without being repeated.
struct SecretRule: Sendable {
  static let maximumBytes = 1024

  let allowed: String
  var minimumBytes = 1
  let isAllowedByte: @Sendable (UInt8) -> Bool

  /// An LNbits key becomes a part of a URL's path, so it is letters, digits, `_` and `-`.
  static let invoiceKey = SecretRule(
    allowed: "an invoice key of letters, digits, _ and -",
    isAllowedByte: { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    })

  /// A token travels in a header, so it is visible ASCII. What protects it from guesses is its
  /// length.
  static let accessToken = SecretRule(
    allowed: "a token of at least 16 visible ASCII characters; openssl rand -hex 32 makes one",
    minimumBytes: 16,
    isAllowedByte: { (0x21...0x7E).contains($0) })

  /// The secret in a text, blanks around it aside, or nil.
  func secret(_ text: String) -> Secret? {
    let trimmed = text.trimmingBlanks()
    guard (minimumBytes...Self.maximumBytes).contains(trimmed.utf8.count),
      trimmed.utf8.allSatisfy(isAllowedByte)
    else { return nil }
    return Secret(trimmed)
  }
}

extension Duration {
  /// The duration in milliseconds, rounded towards zero.
  fileprivate var wholeMilliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
