import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("Durations and times", .tags(.unit))
struct TimeTests {
  @Test(
    "durations with and without units",
    arguments: [
      ("0", 0), ("90", 90), ("1.5", 1.5), ("90s", 90), ("500ms", 0.5), ("5m", 300), ("2h", 7200), ("1d", 86_400),
      ("0.5h", 1800), ("1e3", 1000),
    ] as [(String, Double)])
  func durations(text: String, seconds: Double) { #expect(QuotewireCLI.Duration.seconds(text) == seconds) }

  @Test(
    "what is no duration is refused",
    arguments: ["", "s", "ms", "-1", "-1s", "1 s", " 1", "1x", "5M", "inf", "nan", "infinity", "1e308d", "1e999", "m5"])
  func noDurations(text: String) { #expect(QuotewireCLI.Duration.seconds(text) == nil) }

  static let day: Int64 = 86_400_000_000_000

  @Test(
    "dates, times in UTC and milliseconds",
    arguments: [
      ("0", 0), ("1500", 1_500_000_000), ("-1", -1_000_000), ("1970-01-01", 0), ("1970-01-02", day),
      ("2000-03-01", 11_017 * day), ("2024-02-29", 19_782 * day), ("2026-01-02", 20_455 * day),
      ("2026-01-02T14:30", 20_455 * day + 52_200_000_000_000), ("2026-01-02T14:30Z", 20_455 * day + 52_200_000_000_000),
      ("2026-01-02T14:30:05Z", 20_455 * day + 52_205_000_000_000),
      ("2026-01-02T00:00:00.25", 20_455 * day + 250_000_000), ("1970-01-01T00:00:00.000000001Z", 1),
      ("1970-12-31T23:59:60", 365 * day), ("2200-12-31T23:59:59Z", 84_371 * day - 1_000_000_000),
    ] as [(String, Int64)])
  func times(text: String, nanos: Int64) { #expect(TimeText.nanos(text) == nanos) }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "now", "x2026-01-02", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2025-02-29", "1900-02-29",
      "1969-12-31", "2201-01-01", "2026-01", "2026-01-02-03", "2026-01-02T", "2026-01-02T14", "2026-01-02T24:00",
      "2026-01-02T14:60", "2026-01-02T14:30:61", "2026-01-02T14:30:-1", "2026-01-02T14:30+02:00", "2026-01-02 14:30",
      "2026-01-02T14:30:05ZZ", "9223372036855", "99999999999999999999", "1.5", "2026--1-02", "2026-01-02T14:30:nan",
    ])
  func noTimes(text: String) { #expect(TimeText.nanos(text) == nil) }

  @Test("days are those of a calendar that counts them one by one", .tags(.property))
  func calendar() {
    var day: Int64 = 0
    for year in 1970...2200 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for (i, count) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
        let month = i < 9 ? "0\(i + 1)" : "\(i + 1)"
        #expect(TimeText.nanos("\(year)-\(month)-01") == day * Self.day)
        #expect(TimeText.nanos("\(year)-\(month)-\(count)") == (day + Int64(count) - 1) * Self.day)
        #expect(TimeText.nanos("\(year)-\(month)-\(count + 1)") == nil)
        day += Int64(count)
      }
    }
  }

  @Test(
    "numbers for people",
    arguments: [
      (0, "0", "0 B"), (999, "999", "999 B"), (9_999, "9999", "9.9 kB"), (12_345, "12.3k", "12.3 kB"),
      (4_567_890, "4.56M", "4.5 MB"), (1_234_567_890, "1.23G", "1.23 GB"),
    ])
  func counts(n: Int, short: String, bytes: String) {
    #expect(Count.short(n) == short)
    #expect(Count.bytes(n) == bytes)
  }

  @Test(
    "elapsed time",
    arguments: [(0, "00:00"), (61.9, "01:01"), (3599, "59:59"), (3600, "1:00:00"), (36_065, "10:01:05")]
      as [(Double, String)])
  func clock(seconds: Double, text: String) { #expect(Count.clock(seconds) == text) }
}
