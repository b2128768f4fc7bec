import Glibc

/// Text for people on a terminal.
enum TerminalText {
  enum Colour: String {
    case green = "32"
    case red = "31"
    case dim = "2"
  }

  /// Whether stdout is a terminal that takes colours; `NO_COLOR`, with any value, switches them off.
  static var takesColours: Bool {
    let environment = ProcessEnvironment.variables()
    return isatty(StandardStream.output.rawValue) == 1
      && environment["NO_COLOR", default: ""].isEmpty
      && environment["TERM"] != "dumb"
  }

  static func paint(_ text: String, _ colour: Colour, if isWanted: Bool) -> String {
    isWanted ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// What came from outside must not begin a line of its own, nor steer a terminal.
  static func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          let category = scalar.properties.generalCategory
          let isHarmful = [.control, .format, .lineSeparator, .paragraphSeparator]
            .contains(category)
          return isHarmful && scalar != "\u{200D}" ? "?" : scalar
        }))
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
