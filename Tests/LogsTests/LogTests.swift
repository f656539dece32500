import Logs
import TestSupport
import Testing

@Suite("Logs", .tags(.unit))
struct LogTests {
  private static let wall: Int64 = 1_772_461_800_125_000_000

  private func record(_ text: String, _ level: LogLevel = .warn, _ module: LogModule = .lane) -> LogRecord {
    LogRecord(Self.wall, level, module, text)
  }

  @Test("a record is one line in each format, with its time, level, module and figures for machines")
  func formats() {
    var record = record("a \"b\" \\ c\nd")
    record.fields = [("events", 7)]
    record.times = 41
    #expect(LogFormat.text.line(record) == "quotewire: a \"b\" \\ c?d (the same 41 times)")
    #expect(
      LogFormat.logfmt.line(record)
        == #"time=2026-03-02T14:30:00.125Z level=warn module=lane msg="a \"b\" \\ c?d" events=7 times=41"#)
    #expect(
      LogFormat.json.line(record)
        == #"{"time":"2026-03-02T14:30:00.125Z","level":"warn","module":"lane","#
        + #""msg":"a \"b\" \\ c?d","events":7,"times":41}"#
    )
  }

  @Test("levels hold for all modules, or for one")
  func filter() throws {
    let filter = try LogFilter(parsing: "warn,lane=debug,sink=error")
    #expect(filter.wants(.warn, of: .run) && !filter.wants(.info, of: .run))
    #expect(filter.wants(.debug, of: .lane))
    #expect(filter.wants(.error, of: .sink) && !filter.wants(.warn, of: .sink))
    #expect(LogFilter().wants(.info, of: .run) && !LogFilter().wants(.debug, of: .run))
  }

  @Test(
    "levels and modules that do not exist are refused with those that do",
    arguments: ["loud", "lane=loud", "cat=warn", ""])
  func refused(text: String) {
    #expect {
      _ = try LogFilter(parsing: text)
    } throws: { error in
      let words = "\(error)"
      return words.contains(text.hasPrefix("cat") ? "modules are run, lane" : "levels are error, warn, info and debug")
    }
  }

  @Test("an equal sentence is said once, then counted for ten seconds at a time")
  func folds() {
    var fold = RepeatFold()
    let second: Int64 = 1_000_000_000
    #expect(fold.take(record("x"), nanos: 0) == [record("x")])
    for i in 1...41 { #expect(fold.take(record("x"), nanos: Int64(i)) == []) }
    #expect(fold.take(record("y"), nanos: second) == [record("y")])
    var many = record("x")
    many.times = 41
    #expect(fold.due(11 * second, wallNanos: Self.wall) == [many])
    // The next ones are held back again, and told at the end.
    #expect(fold.take(record("x"), nanos: 12 * second) == [])
    #expect(fold.end(wallNanos: Self.wall) == [record("x")])
    #expect(fold.end(wallNanos: Self.wall) == [])
  }

  @Test("the same words of another module or level are another sentence")
  func differences() {
    var fold = RepeatFold()
    #expect(fold.take(record("x"), nanos: 0).count == 1)
    #expect(fold.take(record("x", .error), nanos: 0).count == 1)
    #expect(fold.take(record("x", .warn, .sink), nanos: 0).count == 1)
  }

  @Test("a flood of different sentences is bounded, and none of it is left out without a count")
  func flood() {
    var fold = RepeatFold()
    var written = 0
    for i in 0..<10_000 { written += fold.take(record("sentence \(i)"), nanos: Int64(i)).count }
    #expect(written == RepeatFold.maximumPerSecond)
    let later = fold.due(2_000_000_000, wallNanos: Self.wall)
    #expect(later.map(\.sentence) == ["9800 sentences came too fast and are left out"])
  }
}
