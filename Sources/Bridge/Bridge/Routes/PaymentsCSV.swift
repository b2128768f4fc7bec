import BridgeModel

/// Payments as CSV (RFC 4180), safe to be opened with a spreadsheet.
///
/// What a payer writes must stay text there. A spreadsheet takes a cell for a formula that begins
/// with `=`, `+`, `-` or `@`, and which cells there are is for it to say: in half of Europe a
/// semicolon parts them, and then the quotes that begin within a cell mean nothing. So every text
/// is quoted, and within a text each place where a cell could begin gets an apostrophe if a formula
/// would follow.
enum PaymentsCSV {
  static let contentType = "text/csv; charset=utf-8"

  private static let header = """
    wallet,payment_id,payment_hash,direction,status,amount_msat,fee_msat,memo,tag,comment,\
    created_at,settled_at,observed_at,late\r\n
    """

  static func document(_ rows: [(payment: Payment, wallet: String)]) -> [UInt8] {
    var csv = Array(header.utf8)
    for (payment, wallet) in rows {
      let cells = [
        text(wallet), text(payment.paymentID), text(payment.paymentHash),
        text(payment.direction.rawValue), text(payment.status.rawValue),
        String(payment.amount.value), String(payment.fee.value), text(payment.memo),
        text(payment.extra.tag ?? ""), text(payment.extra.comment ?? ""),
        text(payment.createdAt.rfc3339), text(payment.settledAt?.rfc3339 ?? ""),
        text(payment.observedAt.rfc3339), String(payment.isLate),
      ]
      csv += cells.joined(separator: ",").utf8
      csv += "\r\n".utf8
    }
    return csv
  }

  /// A text as a cell: quoted, and without what could begin a formula.
  ///
  /// Controls other than tabs and line ends are replaced by U+FFFD: readers stop at a NUL.
  static func text(_ text: String) -> String {
    var cell = "".unicodeScalars
    // A cell could have begun here, and what followed so far is passed over.
    var mayBegin = true
    // One that begins with a tab or a line end is told from a formula once more, for those may be
    // cut off.
    var isFormula = text.unicodeScalars.first.map { "\t\n\r".unicodeScalars.contains($0) } ?? false
    var isInFirstCell = true
    for scalar in text.unicodeScalars {
      let isSeparator = isSeparator(scalar)
      if mayBegin, isTrigger(scalar) {
        if isInFirstCell { isFormula = true } else { cell.append("'") }
      }
      mayBegin = isSeparator || (mayBegin && isPassedOver(scalar))
      if isSeparator { isInFirstCell = false }
      if scalar == "\"" { cell.append("\"") }
      cell.append(isSeparator || !isControl(scalar) ? scalar : "\u{FFFD}")
    }
    return "\"" + (isFormula ? "'" : "") + String(cell) + "\""
  }

  /// Behind any of these a reader may begin a cell or a row.
  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case ",", ";", "|", "\t", "\n", "\u{B}", "\u{C}", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
    default: false
    }
  }

  /// What begins a formula, in full width as well: spreadsheets of East Asia take both.
  private static func isTrigger(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
    default: false
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  /// What may stand before the first sign of a formula: what readers trim, and what has no form of
  /// its own.
  private static func isPassedOver(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\"" { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .spacingMark, .enclosingMark:
      return true
    default:
      return false
    }
  }
}
