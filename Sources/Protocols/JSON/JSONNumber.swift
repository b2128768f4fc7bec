/// Whole numbers from the digits of RFC 8259, section 6; the grammar has been checked.
enum JSONNumber {
  /// Digits, with or without a sign. Nil beyond Int64.
  static func integer(_ digits: ArraySlice<UInt8>) -> Int64? {
    let isNegative = digits.first == UInt8(ascii: "-")
    var value: Int64 = 0
    for digit in isNegative ? digits.dropFirst() : digits {
      // Towards the sign, for the least number has no positive counterpart.
      let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let step = Int64(digit - UInt8(ascii: "0"))
      let (sum, isTooFar) =
        isNegative
        ? tenfold.subtractingReportingOverflow(step) : tenfold.addingReportingOverflow(step)
      guard !isTooLarge, !isTooFar else { return nil }
      value = sum
    }
    return value
  }

  /// With a fraction, an exponent or both. Nil where that is not whole, or beyond Int64.
  static func whole(_ text: ArraySlice<UInt8>) -> Int64? {
    let mark = text.firstIndex { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    let mantissa = text[..<(mark ?? text.endIndex)]
    let point = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.endIndex
    var digits = mantissa[..<point] + mantissa[point...].dropFirst()
    var exponent = -(mantissa.endIndex - min(point + 1, mantissa.endIndex))
    let isZero = digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "-") }
    guard !isZero else { return 0 }
    if let mark {
      let written = text[(mark + 1)...]
      let unsigned = written.first == UInt8(ascii: "+") ? written.dropFirst() : written
      guard let power = integer(unsigned), power.magnitude < maximumExponent else { return nil }
      exponent += Int(power)
    }
    while exponent < 0 {
      guard digits.last == UInt8(ascii: "0") else { return nil }
      digits.removeLast()
      exponent += 1
    }
    guard exponent < maximumDigits else { return nil }
    return integer(digits + [UInt8](repeating: UInt8(ascii: "0"), count: exponent))
  }

  /// More would be beyond Int64, or no whole number.
  private static let maximumDigits = 19
  /// A text may have that many digits to take away.
  private static let maximumExponent: UInt64 = 1 << 31
}
