import BridgeModel

/// A value as it was written, before its key has said what it must be.
enum ConfigurationValue: Sendable, Equatable {
  case text(String)
  case integer(Int)
  case flag(Bool)
  case list([String])
  /// From the environment or a flag, where everything is text: read as what the key wants.
  case word(String)
  /// A TOML value that no key wants: a float, a date, a table.
  case other

  var text: String? {
    switch self {
    case .text(let text), .word(let text): text
    default: nil
    }
  }

  var integer: Int? {
    switch self {
    case .integer(let integer): integer
    case .word(let word): Int(word)
    default: nil
    }
  }

  var flag: Bool? {
    switch self {
    case .flag(let flag): flag
    case .word(let word): Bool(word)
    default: nil
    }
  }

  /// In the environment a list is separated by commas.
  var list: [String]? {
    switch self {
    case .list(let list): list
    case .word(let word): word.split(separator: ",").map { $0.trimmingBlanks() }
    default: nil
    }
  }

  /// An empty text: for a secret that is the same as not being there.
  var isEmptyText: Bool { text?.isEmpty == true }
}

/// A value with the key it was given to and the place where that was done.
struct GivenValue: Sendable, Equatable {
  let key: String
  let value: ConfigurationValue
  let origin: ValueOrigin

  private static let maximumShownKeyBytes = 64

  /// A key as mistakes name it: whoever mixes up the sides of a `=` has written a secret there.
  static func shown(key: String) -> String {
    let isSecret = key.split { !$0.isHexDigit }.contains(where: PastedURL.isLNbitsKey)
    return isSecret ? Secret.mask : UpstreamText.cut(key, to: maximumShownKeyBytes)
  }
}

extension StringProtocol {
  /// Without ASCII white space at either end.
  func trimmingBlanks() -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    var bytes = Array(utf8)[...].drop(while: isBlank)
    while bytes.last.map(isBlank) == true { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
