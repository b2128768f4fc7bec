import BridgeModel
import TestSupport
import Testing

@Suite struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00.000Z", 0),
      ("1970-01-01T00:00:00.001Z", 1),
      ("1999-12-31T23:59:59.999Z", 946_684_799_999),
      ("2000-02-29T12:00:00.000Z", 951_825_600_000),
      ("2000-03-01T00:00:00.000Z", 951_868_800_000),
      ("2004-09-16T23:59:58.750Z", 1_095_379_198_750),
      ("2026-11-21T01:41:33.120Z", 1_795_225_293_120),
      ("2100-02-28T23:59:59.000Z", 4_107_542_399_000),
      ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ] as [(String, Int64)])
  func `known moments are written and read`(text: String, milliseconds: Int64) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    arguments: [
      // What LNbits sends: microseconds, none where they are 0, an offset or none at all.
      ("2026-11-21T03:08:48.288039+00:00", "2026-11-21T03:08:48.288Z"),
      ("2026-11-21T03:09:12+00:00", "2026-11-21T03:09:12.000Z"),
      ("2026-11-21T04:08:48", "2026-11-21T04:08:48.000Z"),
      ("2026-11-21 04:08:48.5", "2026-11-21T04:08:48.500Z"),
      ("2026-11-21T04:08:48.9999999999999999999Z", "2026-11-21T04:08:48.999Z"),
      // RFC 3339 section 5.8.
      ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
      ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"),
      ("1990-12-31T23:59:60Z", "1991-01-01T00:00:00.000Z"),
      ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z"),
      ("1937-01-01T12:00:27.87+00:20", nil),
      ("2026-01-01T00:00:00+05:30", "2025-12-31T18:30:00.000Z"),
    ] as [(String, String?)])
  func `other spellings of RFC 3339 are read as UTC`(text: String, normal: String?) {
    #expect(Timestamp(rfc3339: text)?.rfc3339 == normal)
  }

  @Test(arguments: [
    "", "2026", "2026-11-21", "2026-11-21T", "2026-11-21T01:41", "2026-11-21T01:41:33.",
    "2026-11-21T01:41:33.Z", "2026-11-21T01:41:33ZZ", "2026-11-21T01:41:33 Z",
    "2026-11-21T01:41:33+0000", "2026-11-21T01:41:33+00", "2026-11-21T01:41:33+24:00",
    "2026-11-21T01:41:33+00:60", "2026-11-21T24:00:00Z", "2026-11-21T00:60:00Z",
    "2026-11-21T00:00:61Z", "2026-00-21T00:00:00Z", "2026-13-21T00:00:00Z",
    "2026-11-00T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-32T00:00:00Z",
    "2025-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2100-02-29T00:00:00Z",
    "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "+2026-11-21T00:00:00Z",
    "-026-11-21T00:00:00Z", " 2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z ",
    "２026-11-21T00:00:00Z", "2026-1-21T00:00:00Z", "20261121T000000Z", "2026-11-21T00:00:00Z\0",
  ])
  func `anything else is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test(arguments: [
    (1972, true), (1999, false), (2000, true), (2024, true), (2026, false), (2100, false),
    (2200, false), (2400, true),
  ])
  func `every fourth year has a leap day, of the centuries every fourth`(year: Int, isLeap: Bool) {
    #expect((Timestamp(rfc3339: "\(year)-02-29T00:00:00Z") != nil) == isLeap)
    let before = Timestamp(rfc3339: "\(year)-02-28T00:00:00Z")
    let after = Timestamp(rfc3339: "\(year)-03-01T00:00:00Z")
    guard let before, let after else { return #expect(Bool(false), "both days exist") }
    #expect(after - before == .seconds(86_400 * (isLeap ? 2 : 1)))
  }

  @Test func `what is written is read again`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let moment = Timestamp(
        milliseconds: Int64.random(in: 0...253_402_300_799_999, using: &random))
      #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
    }
  }

  @Test func `days follow one another as the calendar says`() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var day: Int64 = 0
    for year in 1970..<2110 {
      let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
      for month in 1...12 {
        for date in 1...(lengths[month - 1] + (month == 2 && isLeap ? 1 : 0)) {
          let written = Timestamp(milliseconds: day * 86_400_000).rfc3339
          #expect(written == "\(year)-\(padded(month))-\(padded(date))T00:00:00.000Z")
          day += 1
        }
      }
    }
  }

  private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  @Test func `times and durations add up`() {
    let start = Timestamp(milliseconds: 1000)
    #expect(start + .milliseconds(250) == Timestamp(milliseconds: 1250))
    #expect(start - .seconds(2) == Timestamp(milliseconds: -1000))
    #expect(Timestamp(milliseconds: 5) - start == .milliseconds(-995))
    #expect(Timestamp(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
  }

  @Test func `the wall clock is told for another uptime`() {
    let now = Instant(uptime: .seconds(10), wall: Timestamp(milliseconds: 50_000))
    #expect(now.wall(at: .seconds(12)) == Timestamp(milliseconds: 52_000))
    #expect(now.wall(at: .seconds(9)) == Timestamp(milliseconds: 49_000))
  }

  @Test(
    arguments: [
      (Duration.zero, 0), (.microseconds(999), 0), (.milliseconds(1), 1), (.microseconds(1999), 1),
      (.seconds(3600), 3_600_000), (.microseconds(-999), 0), (.milliseconds(-1), -1),
    ] as [(Duration, Int64)])
  func `of a duration whole milliseconds count`(duration: Duration, milliseconds: Int64) {
    #expect(duration.wholeMilliseconds == milliseconds)
  }

  // MARK: Times that no upstream should send, and a store may hold

  @Test(
    arguments: [
      (Int64.min, "0000-01-01T00:00:00.000Z"),
      (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (-62_135_596_800_001, "0000-12-31T23:59:59.999Z"),
      (-1, "1969-12-31T23:59:59.999Z"),
      (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
      (Int64.max, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func `a moment beyond RFC 3339 is written as the nearest one`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test(
    arguments: [
      (Int64.min, "0000-01-01"), (-1, "1969-12-01"), (0, "1970-01-01"),
      (951_825_600_000, "2000-02-01"), (1_795_225_293_120, "2026-11-01"),
      (.max, "9999-12-01"),
    ] as [(Int64, String)])
  func `a month begins at its first midnight`(milliseconds: Int64, date: String) {
    let start = Timestamp(milliseconds: milliseconds).startOfMonth
    #expect(start.rfc3339 == date + "T00:00:00.000Z")
  }

  @Test func `arithmetic ends at the bounds`() {
    let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    #expect(last + .milliseconds(1) == last)
    #expect(first - .milliseconds(1) == first)
    #expect(first + .milliseconds(-1) == first)
    #expect(last - .milliseconds(-1) == last)
    #expect(Timestamp(milliseconds: 0) + (last - first) == last)
    #expect(Timestamp(milliseconds: 0) + (first - last) == first)
    #expect((last - first).seconds > 1.8e16)
    #expect((first - last).wholeMilliseconds == .min)
  }
}
