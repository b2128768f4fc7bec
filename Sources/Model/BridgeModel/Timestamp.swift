/// A moment on the wall clock, in milliseconds since 1970-01-01T00:00:00Z.
///
/// It is for people and for comparing with an upstream's own times. Delays and deadlines use
/// ``Instant/uptime``, which no clock adjustment moves. Arithmetic saturates, as a store may hold
/// any number.
package struct Timestamp: Sendable, Hashable, Comparable {
  /// Milliseconds since the epoch.
  package let milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  package static func + (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds.addingSaturating(right.wholeMilliseconds))
  }

  package static func - (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds.subtractingSaturating(right.wholeMilliseconds))
  }

  /// The time from `right` to `left`.
  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds) - .milliseconds(right.milliseconds)
  }
}

extension Duration {
  /// Milliseconds, the rest cut off; beyond Int64 the nearest end of it.
  package var wholeMilliseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000_000_000)
  }

  /// Seconds with their fraction.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

// MARK: RFC 3339

extension Timestamp {
  private static let millisecondsPerDay: Int64 = 86_400_000

  /// The first and the last moment that RFC 3339 can write: years of four digits.
  package static let writable =
    Timestamp(milliseconds: -62_167_219_200_000)...Timestamp(milliseconds: 253_402_300_799_999)

  /// The moment, or the nearest one of ``writable``.
  package var clampedToWritable: Timestamp {
    min(max(self, Self.writable.lowerBound), Self.writable.upperBound)
  }

  /// When the month that this falls in began, in UTC.
  package var startOfMonth: Timestamp {
    let (days, _) = Self.floorDivide(clampedToWritable.milliseconds, Self.millisecondsPerDay)
    let first = days - (Self.civilDate(daysSinceEpoch: days).day - 1)
    return Timestamp(milliseconds: first * Self.millisecondsPerDay)
  }

  /// RFC 3339 in UTC with milliseconds: `2026-11-21T01:41:33.120Z`. A moment that has no such
  /// spelling is written as the nearest one that has.
  package var rfc3339: String {
    let (days, rest) = Self.floorDivide(
      clampedToWritable.milliseconds, Self.millisecondsPerDay)
    let date = Self.civilDate(daysSinceEpoch: days)
    let seconds = rest / 1000
    // Every event and every answer holds several: written in place, without a string for each part.
    var text: [UInt8] = []
    text.reserveCapacity(24)
    Self.append(date.year, digits: 4, "-", to: &text)
    Self.append(date.month, digits: 2, "-", to: &text)
    Self.append(date.day, digits: 2, "T", to: &text)
    Self.append(seconds / 3600, digits: 2, ":", to: &text)
    Self.append(seconds / 60 % 60, digits: 2, ":", to: &text)
    Self.append(seconds % 60, digits: 2, ".", to: &text)
    Self.append(rest % 1000, digits: 3, "Z", to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads RFC 3339 and what LNbits makes of it: a fraction of any length, `T` or a space, an
  /// offset, `Z`, or no offset at all, which is taken as UTC. Nil for anything else, for years
  /// outside 1970…9999, and for days that the month does not have. A leap second is the next
  /// minute's first.
  package init?(rfc3339 text: String) {
    var scanner = DigitScanner(text.utf8)
    guard let year = scanner.number(digits: 4), scanner.skip("-"),
      let month = scanner.number(digits: 2), scanner.skip("-"),
      let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip(" "),
      let hour = scanner.number(digits: 2), scanner.skip(":"),
      let minute = scanner.number(digits: 2), scanner.skip(":"),
      let second = scanner.number(digits: 2)
    else { return nil }
    let fraction = scanner.skip(".") ? scanner.fractionMilliseconds() : 0
    guard let fraction, let offset = scanner.offsetMinutes(), scanner.isAtEnd,
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24,
      minute < 60, second <= 60
    else { return nil }
    let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    // The month may have no such day; it would count on into the next one.
    guard Self.civilDate(daysSinceEpoch: days).day == day else { return nil }
    let minutes = (days * 24 + hour) * 60 + minute - offset
    milliseconds = (minutes * 60 + second) * 1000 + fraction
  }

  /// Whether a text that ``init(rfc3339:)`` reads says which zone it is in.
  package static func namesZone(_ text: String) -> Bool {
    // Behind the date, whose parts are joined by hyphens.
    text.utf8.dropFirst(10).contains { "Zz+-".utf8.contains($0) }
  }

  /// The proleptic Gregorian date of a day, counted from years that begin in March, so that the
  /// leap day is last.
  private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(daysSinceEpoch + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(marchYear, 400)
    let marchMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  /// A number with leading zeros, not negative and of no more digits than these, and what stands
  /// behind it.
  private static func append(
    _ number: Int64, digits: Int, _ end: Unicode.Scalar, to text: inout [UInt8]
  ) {
    var unit: Int64 = 1
    for _ in 1..<digits { unit *= 10 }
    while unit > 0 {
      text.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
      unit /= 10
    }
    text.append(UInt8(ascii: end))
  }
}

/// Reads fixed runs of digits from ASCII.
private struct DigitScanner {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: String.UTF8View) {
    rest = Array(bytes)[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == character.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let digit = nextDigit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// A fraction of one to any number of digits, cut to milliseconds.
  mutating func fractionMilliseconds() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let digit = nextDigit() {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 3)..<3 { value *= 10 }
    return value
  }

  /// `Z`, `+hh:mm`, `-hh:mm` or nothing (UTC); nil when malformed.
  mutating func offsetMinutes() -> Int64? {
    if isAtEnd || skip("Z") { return 0 }
    let isNegative = skip("-")
    guard isNegative || skip("+"), let hours = number(digits: 2), skip(":"),
      let minutes = number(digits: 2), hours < 24, minutes < 60
    else { return nil }
    let offset = hours * 60 + minutes
    return isNegative ? -offset : offset
  }

  private mutating func nextDigit() -> Int64? {
    guard let byte = rest.first, (48...57).contains(byte) else { return nil }
    rest = rest.dropFirst()
    return Int64(byte) - 48
  }
}
