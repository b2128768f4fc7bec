extension Unicode.Scalar {
  /// Whether it has a form of its own on a screen: no control, no direction mark or other format
  /// character, no line separator. Others in a text from outside could steer a terminal, turn the
  /// order of what stands beside it, or begin a line.
  ///
  /// The two joiners pass: emoji and several scripts are written with them, and they act on their
  /// neighbours alone.
  package var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return false
    case .format: return self == "\u{200C}" || self == "\u{200D}"
    default: return true
    }
  }
}

extension String {
  /// The text with everything that is not printable spelled by `spell`; itself where all of it is.
  package func printable(_ spell: (Unicode.Scalar) -> String) -> String {
    guard unicodeScalars.contains(where: { !$0.isPrintable }) else { return self }
    var result = "".unicodeScalars
    for scalar in unicodeScalars {
      if scalar.isPrintable {
        result.append(scalar)
      } else {
        result.append(contentsOf: spell(scalar).unicodeScalars)
      }
    }
    return String(result)
  }
}
