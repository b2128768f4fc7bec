import BridgeModel
import Glibc

/// Text for people on a terminal.
enum TerminalText {
  enum Colour: String {
    case green = "32"
    case red = "31"
    case dim = "2"
  }

  /// Whether stdout is a terminal that takes colours; `NO_COLOR`, with any value, switches them
  /// off.
  static var takesColours: Bool {
    let environment = ProcessEnvironment.variables()
    return isatty(StandardStream.output.rawValue) == 1
      && environment["NO_COLOR", default: ""].isEmpty
      && environment["TERM"] != "dumb"
  }

  static func paint(_ text: String, _ colour: Colour, if isWanted: Bool) -> String {
    isWanted ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// What came from outside must not begin a line of its own, steer a terminal, or turn the order
  /// of what stands beside it: such characters are spelled, `\u{202E}`.
  static func oneLine(_ text: String) -> String {
    text.printable { "\\u{\(String($0.value, radix: 16, uppercase: true))}" }
  }

  /// The same for JSON, which says the same as before: such characters stand in its strings alone,
  /// where `\u202e` is another spelling of them (RFC 8259, section 7). Line ends between its values
  /// become spaces.
  static func oneLineOfJSON(_ json: String) -> String {
    json.printable { scalar in
      guard scalar != "\n", scalar != "\r", scalar != "\t" else { return " " }
      return String(scalar).utf16.map { unit in
        "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst()
      }.joined()
    }
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
