import Bytes
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Checks and their report", .tags(.unit))
struct CheckTests {
  @Test("the report is in order, and names what was not reached behind a failure")
  func order() {
    var report = CheckReport()
    report.add(Check("tcp", .fail, "nobody listens", millis: 1.26))
    report.add(Check("dns", .ok, "an address"))
    report.add(Check("disk", .warn, "little room"))
    let missing = report.close()
    #expect(missing.map(\.name) == ["tls", "websocket", "setup", "login", "channel", "quote", "clock"])
    #expect(missing.allSatisfy { $0.status == .notReached })
    #expect(
      report.checks.map(\.name) == ["disk", "dns", "tcp", "tls", "websocket", "clock"] + missing[2...5].map(\.name))
    #expect(report.hasFailed && !report.isRefused)
    #expect(report.summary == "1 ok, 1 failed, 1 to look at, 7 not reached\n")
    #expect(
      CheckReport.line(report.checks[2])
        == "FAIL         tcp        1.3 ms      nobody listens\n")
  }

  @Test("a refusal counts only where it failed, and a warning fails nothing")
  func refusal() {
    var report = CheckReport()
    report.add(Check("limits", .warn, "few"))
    #expect(!report.hasFailed && !report.isRefused)
    report.add(Check("login", .fail, "the server refused the token", isRefusal: true))
    #expect(report.hasFailed && report.isRefused)
  }

  @Test("the JSON object is whole, without the token and without control characters")
  func json() throws {
    var report = CheckReport(mask: MessageMask(known: ["s3cret"]))
    report.add(Check("dns", .fail, "\"s3cret\"\u{1B}[2J\n", millis: 2))
    _ = report.close()
    let text = report.json(url: "wss://u:p@h/?token=s3cret")
    #expect(
      text.hasPrefix(
        #"{"ok":false,"refused":false,"url":"wss://***@h/?token=***","checks":[{"name":"dns","status":"FAIL","#
          + #""found":"\"***\"\\u001B[2J\\n","millis":2.0},{"name":"tcp","status":"not reached","#))
    #expect(text.hasSuffix("\"millis\":null}]}\n") && !text.contains("s3cret"))
  }

  @Test(
    "HTTP dates are read, others are not",
    arguments: [
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
      ("Sun, 01 Mar 2026 00:00:00 GMT", 1_772_323_200), ("Wed, 31 Dec 2098 12:00:00 GMT", 4_070_865_600),
      ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil), ("", nil),
      ("Sun, 06 Nov 1994 25:00:00 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil),
      ("Sun, 06 Abc 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov -994 08:49:37 GMT", nil), ("Sun, 06 Nov 9223372036854775807 08:49:37 GMT", nil),
    ] as [(String, Int64?)])
  func dates(text: String, seconds: Int64?) { #expect(ClockCheck.seconds(httpDate: text) == seconds) }

  private func clock(offsetSeconds: Double) throws -> Check {
    let wall = WallNanos(rawValue: Int64((784_111_777.5 + offsetSeconds) * 1e9))
    return try #require(ClockCheck.judge(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT", asked: wall, answered: wall))
  }

  @Test("the clock is judged by the Date header")
  func header() throws {
    #expect(try clock(offsetSeconds: 2.9).status == .ok && clock(offsetSeconds: -2.9).status == .ok)
    let ahead = try clock(offsetSeconds: 20)
    #expect(ahead.status == .warn && ahead.found.contains("20.0 s ahead of"), "\(ahead)")
    let behind = try clock(offsetSeconds: -7300)
    #expect(behind.status == .fail && behind.found.contains("2 hours behind"), "\(behind)")
    let now = WallNanos(rawValue: 0)
    #expect(ClockCheck.judge(httpDate: "soon", asked: now, answered: now) == nil)
  }

  @Test("without a header only an event of the future tells on the clock")
  func events() {
    let now = WallNanos(rawValue: 1_000_000_000_000)
    #expect(ClockCheck.judge(newestEventMillis: 1_000_000 - 7_200_000_000, received: now).status == .ok)
    #expect(ClockCheck.judge(newestEventMillis: 1_002_000, received: now).status == .ok)
    #expect(ClockCheck.judge(newestEventMillis: 1_010_000, received: now).status == .warn)
    #expect(ClockCheck.judge(newestEventMillis: 2_000_000, received: now).status == .fail)
    #expect(ClockCheck.judge(newestEventMillis: .max, received: now).status == .fail)
  }

  @Test("the machine is judged by what the kernel says")
  func machine() {
    #expect(MachineChecks.limits(files: 1024).status == .ok && MachineChecks.limits(files: 100).status == .warn)
    let meminfo = "MemTotal:  4000000 kB\nMemAvailable:  2000000 kB\n"
    let free = MachineChecks.memory(meminfo: meminfo, groupLimit: "max\n", groupUse: "5\n")
    #expect(free.status == .ok && free.found == "1953 MiB available")
    let group = MachineChecks.memory(meminfo: meminfo, groupLimit: "209715200\n", groupUse: "104857600\n")
    #expect(group.status == .warn && group.found.hasPrefix("100 MiB available in this control group"))
    #expect(MachineChecks.memory(meminfo: "", groupLimit: nil, groupUse: nil).status == .warn)
    #expect(MachineChecks.disk(".", freeBytes: 50 << 30, millis: 5).status == .ok)
    #expect(MachineChecks.disk(".", freeBytes: 5 << 20, millis: 5).status == .warn)
    #expect(MachineChecks.disk(".", freeBytes: 50 << 30, millis: 1500).status == .warn)
  }

  @Test("the disk is really written, and a folder that is not there fails")
  func disk() {
    let folder = TemporaryFolder()
    let good = MachineChecks.disk(folder.path)
    #expect(good.status != .fail && good.millis != nil, "\(good)")
    let bad = MachineChecks.disk(folder.file("nowhere"))
    #expect(bad.status == .fail && bad.found.contains("no such file or directory"), "\(bad)")
  }
}
