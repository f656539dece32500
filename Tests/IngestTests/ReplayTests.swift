import Bytes
import IO
import Market
import Recording
import Rings
import Sinks
import TestSupport
import Testing

@testable import Ingest

/// A replay with one NDJSON sink, its outcome, rows and sentences.
private struct Played {
  var outcome: RunOutcome
  var rows: [String]
  var said: [String]

  var report: RunReport { outcome.report }
  /// Symbol and bid of each quote, `gap` for gaps.
  var brief: [String] {
    rows.map { row in
      if row.contains("\"eventType\":\"Gap\"") { return "gap" }
      return Self.value("eventSymbol", row) + " " + Self.value("bidPrice", row)
    }
  }

  private static func value(_ key: String, _ row: String) -> String {
    let parts = row.split(separator: "\"\(key)\":", maxSplits: 1)
    return parts.count < 2 ? "" : String(parts[1].prefix { $0 != "," && $0 != "}" && $0 != "." }).filter { $0 != "\"" }
  }
}

private func play(
  _ files: [String], _ change: (inout ReplaySettings) throws -> Void = { _ in },
  request: @escaping () -> RunRequest = { .none }
) throws -> Played {
  let folder = TemporaryFolder()
  let said = Said()
  var settings = ReplaySettings(files: files)
  settings.run.sinks = [try SinkSpec(parsing: "ndjson:\(folder.file("rows"))")]
  try change(&settings)
  var hooks = RunHooks(attention: try Wakeup())
  hooks.say = { said.add($0) }
  hooks.request = request
  let outcome = try ReplayRun.run(settings, hooks)
  let rows = text(folder.file("rows")).split(separator: "\n").map(String.init)
  return Played(outcome: outcome, rows: rows, said: said.sentences)
}

/// A file of its own for each recording of a test.
private final class Recordings {
  private let folder = TemporaryFolder()
  private var count = 0

  func make(_ entries: [Recorded], closed: Bool = true) throws -> String {
    try keep(try recording(entries, closed: closed))
  }

  func keep(_ bytes: [UInt8]) throws -> String {
    count += 1
    let path = folder.file("\(count).qwr")
    try write(bytes, path)
    return path
  }
}

@Suite("Replays", .tags(.unit), .timeLimit(.minutes(30)))
struct ReplayTests {
  private let files = Recordings()
  /// Four quotes, one a second.
  private let plain = [
    Recorded(0, Wire.config), Recorded(1000, Wire.quote("A", 1)), Recorded(2000, Wire.quote("B", 2)),
    Recorded(3000, Wire.quote("A", 3)), Recorded(4000, Wire.quote("B", 4)),
  ]

  @Test("the same recording gives the same events and the same digest twice")
  func twice() throws {
    let path = try files.make(plain)
    let first = try play([path])
    let second = try play([path])
    #expect(first.brief == ["A 1", "B 2", "A 3", "B 4"])
    #expect(first.rows == second.rows)
    #expect(first.report.digest == second.report.digest && first.report.digest.utf8.count == 16)
    #expect(first.outcome.failure == nil && !first.outcome.wasInterrupted)
    #expect(first.report.totals.events == 4 && first.report.totals.frames == 5 && first.report.isLossless)
    #expect(first.report.isBalanced && first.said == [])
    #expect(first.rows[0].contains("\"receivedNanos\":\(wall(1000).rawValue)"), "arrival is as recorded")
    let other = try play([try files.make(plain.dropLast())])
    #expect(other.report.digest != first.report.digest)
    #expect(try play([path]) { $0.run.wantsDigest = false }.report.digest == "")
  }

  @Test("several files are merged by arrival time, each with channels of its own")
  func merged() throws {
    let otherOrder =
      #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["bidPrice","eventSymbol","askPrice"]}}"#
    func other(_ symbol: String, _ n: Int) -> String {
      "{\"type\":\"FEED_DATA\",\"channel\":1,\"data\":[\"Quote\",[\(n),\"\(symbol)\",\(n + 1)]]}"
    }
    let second = try files.make([
      Recorded(500, otherOrder), Recorded(1500, other("A", 11)), Recorded(2000, other("A", 12)),
      Recorded(9000, other("B", 13)),
    ])
    let first = try files.make(plain)
    let both = try play([first, second])
    #expect(both.brief == ["A 1", "A 11", "B 2", "A 12", "A 3", "B 4", "B 13"])
    let one = try play([
      try files.make(
        [Recorded(0, Wire.config)]
          + [("A", 1), ("A", 11), ("B", 2), ("A", 12), ("A", 3), ("B", 4), ("B", 13)].enumerated().map {
            Recorded(Int64($0.offset + 1), Wire.quote($0.element.0, $0.element.1))
          })
    ])
    #expect(both.report.digest == one.report.digest)
    #expect(
      try play([second, first]).brief[2...3] == ["A 12", "B 2"], "of equal times the file named first comes first")
  }

  @Test("lanes of a recording have channels of their own, and a new session forgets them")
  func lanes() throws {
    let fewer = #"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["eventSymbol","bidPrice"]}}"#
    let short = #"{"type":"FEED_DATA","channel":1,"data":["Quote",["L1",7,"L1",8]]}"#
    var start = ByteWriter()
    SessionStart(session: 2, url: "ws://h/", version: "v").encode(into: &start)
    var restart = Recorded(30, "", .sessionStart)
    restart.payload = start.array
    let path = try files.make([
      Recorded(0, Wire.config), Recorded(1, fewer, lane: 1), Recorded(10, Wire.quote("L0", 1)),
      Recorded(11, short, lane: 1),
      Recorded(12, Wire.quote("L0", 2)), restart, Recorded(31, fewer), Recorded(32, short),
    ])
    let played = try play([path])
    #expect(played.brief == ["L0 1", "L1 7", "L1 8", "L0 2", "L1 7", "L1 8"])
    #expect(played.report.isLossless)
  }

  @Test(
    "start and stop are inclusive, and what the channels are is known from before",
    arguments: [
      (0, 9999, 4), (1000, 4000, 4), (1001, 3999, 2), (2000, 2000, 1), (2001, 2999, 0), (5000, 9000, 0), (0, 999, 0),
    ])
  func bounds(start: Int64, stop: Int64, count: Int) throws {
    let path = try files.make(plain)
    let played = try play([path]) {
      $0.start = wall(start)
      $0.stop = wall(stop)
    }
    let expected = [("A 1", 1000), ("B 2", 2000), ("A 3", 3000), ("B 4", 4000)].filter { start <= $0.1 && $0.1 <= stop }
    #expect(expected.count == count)
    #expect(played.brief == expected.map(\.0))
    #expect(played.report.totals.events == count && played.report.isLossless)
  }

  @Test("a FEED_DATA of another layout before the start goes nowhere, and the texts of later events are right")
  func startAfterOddLayout() throws {
    let odd = #"{ "channel":1, "type":"FEED_DATA","data":["Quote",[1,"ODD",2]] }"#
    let path = try files.make([Recorded(0, Wire.config), Recorded(1, odd)] + plain.dropFirst())
    let played = try play([path]) { $0.start = wall(2500) }
    #expect(played.brief == ["A 3", "B 4"])
    #expect(played.report.totals.events == 2)
  }

  @Test("a limit ends a replay at exactly that many events", arguments: [1, 3, 4, 5])
  func limit(limit: Int) throws {
    let played = try play([try files.make(plain)]) { $0.run.limit = limit }
    #expect(played.brief == Array(["A 1", "B 2", "A 3", "B 4"].prefix(limit)))
    #expect(played.report.totals.events == min(4, limit) && played.outcome.failure == nil)
    #expect(played.said == [], "nothing is wrong with a file that was not read to its end")
  }

  @Test("a torn file gives its whole entries and says what is missing", arguments: [1, 7, 31, 33, 60])
  func torn(cut: Int) throws {
    let whole = try recording(plain, closed: false)
    let played = try play([try files.keep(Array(whole.dropLast(cut)))])
    #expect(played.brief == ["A 1", "B 2", "A 3"])
    #expect(played.outcome.failure == nil && played.report.damagedFiles == 1)
    #expect(played.said.count == 1)
    #expect(played.said.first?.contains("no whole entry") == true && played.said.first?.contains("--repair") == true)
    #expect(try play([try files.keep(whole)]).said == [], "only not closed")
  }

  @Test("damage in the middle costs what it hit, is said and counted")
  func damaged() throws {
    var bytes = try recording(plain)
    let hit = try recording(Array(plain.prefix(2)), closed: false).count + 40
    bytes[hit] ^= 0x10
    let played = try play([try files.keep(bytes)])
    #expect(played.brief == ["A 1", "A 3", "B 4"])
    #expect(played.report.damagedFiles == 1 && !played.report.isLossless)
    #expect(played.said.contains { $0.contains("damaged from byte") && $0.contains("inspect") })
  }

  @Test(
    "files that are no recordings are refused with name and reason",
    arguments: [("", "empty"), ("{\"type\":\"SETUP\"}", "JSON text (convert it first)"), ("\u{89}QWR\r\n\u{1A}\n", "")])
  func foreign(contents: String, words: String) throws {
    let path = try files.keep(Array(contents.utf8))
    let good = try files.make(plain)
    do {
      _ = try play([good, path])
      Issue.record("it was taken")
    } catch let failure as RunFailure {
      #expect(failure.kind == .failed)
      #expect(failure.description.hasPrefix(path + ": ") && failure.description.contains(words))
    }
  }

  @Test("a missing file, and too many, are refused")
  func missing() throws {
    let failure = #expect(throws: RunFailure.self) { _ = try play(["/nowhere/x.qwr"]) }
    #expect(failure?.description.contains("/nowhere/x.qwr: no such file") == true)
    let many = #expect(throws: RunFailure.self) { _ = try play(Array(repeating: "/nowhere", count: 513)) }
    #expect(many?.kind == .usage && many?.description.contains("512") == true)
  }

  @Test("malformed messages are skipped, counted, and named up to a limit")
  func malformed() throws {
    let bad = (0..<30).map { Recorded(1500 + Int64($0), "{\"type\":\($0)") }
    let played = try play([try files.make(Array(plain.prefix(2)) + bad + Array(plain.dropFirst(2)))])
    #expect(played.brief == ["A 1", "B 2", "A 3", "B 4"])
    #expect(played.report.totals.malformedMessages == 30 && !played.report.isLossless)
    #expect(played.said.count == Replay.maximumComplaints + 1)
    #expect(played.said.first?.contains("was skipped") == true)
    #expect(played.said.last?.contains("left out") == true)
  }

  @Test("gap marks are replayed in their place and counted")
  func gaps() throws {
    let gap = Gap(reason: .serverClosed, lane: 3, fromNanos: wall(2100).rawValue, toNanos: wall(2500).rawValue)
    let entries = Array(plain.prefix(3)) + [Recorded(2500, gap: gap, lane: 3)] + Array(plain.dropFirst(3))
    let path = try files.make(entries)
    let played = try play([path])
    #expect(played.brief == ["A 1", "B 2", "gap", "A 3", "B 4"])
    #expect(played.rows[2].contains("\"lane\":3") && played.rows[2].contains("serverClosed"))
    #expect(played.report.gaps == 1)
    #expect(played.report.digest == (try play([try files.make(plain)])).report.digest, "a gap is no event")
    #expect(try play([path]) { $0.start = wall(2600) }.report.gaps == 0)
  }

  @Test("what we sent is no message of the feed")
  func sent() throws {
    let path = try files.make(plain + [Recorded(4500, Wire.quote("A", 99), .sent)])
    let played = try play([path])
    #expect(played.brief.count == 4 && played.report.totals.frames == 5)
  }

  @Test("a factor keeps the recorded times apart, and changes no event")
  func speed() throws {
    let path = try files.make(plain)
    let played = try play([path]) { $0.speed = .factor(40) }
    #expect(played.brief == ["A 1", "B 2", "A 3", "B 4"])
    #expect(played.report.seconds >= 0.1, "four seconds, forty times as fast")
    #expect(played.report.digest == (try play([path])).report.digest)
  }

  @Test("long silences are shortened, to nothing too", arguments: [0, 1e-12, 0.01])
  func silence(longest: Double) throws {
    let day: Int64 = 86_400_000
    let path = try files.make(plain + [Recorded(30 * day, Wire.quote("C", 5)), Recorded(60 * day, Wire.quote("C", 6))])
    let played = try play([path]) {
      $0.speed = .factor(1)
      $0.longestSilenceSeconds = longest
    }
    #expect(played.brief.suffix(2) == ["C 5", "C 6"])
    #expect(played.report.seconds >= longest * 6)
  }

  @Test("a drain ends a replay that waits, in good order", arguments: [RunRequest.drain, .abandon])
  func interrupted(request: RunRequest) throws {
    let path = try files.make(Array(plain.prefix(2)) + [Recorded(86_400_000, Wire.quote("Z", 1))])
    var asked = 0
    let played = try play([path]) {
      $0.speed = .factor(10)
    } request: {
      asked += 1
      return asked > 2 ? request : .none
    }
    #expect(played.outcome.wasInterrupted && played.outcome.failure == nil)
    #expect(!played.brief.contains("Z 1"))
  }

  @Test(
    "a speed that makes no sense is a failure and no empty success", arguments: [0, -1, .nan, .infinity] as [Double])
  func badSpeed(factor: Double) throws {
    let path = try files.make(plain)
    let failure = #expect(throws: RunFailure.self) { _ = try play([path]) { $0.speed = .factor(factor) } }
    #expect(failure?.kind == .usage)
  }

  @Test("a sink that cannot be opened fails the run before anything is read")
  func sinkRefused() throws {
    let path = try files.make(plain)
    let failure = #expect(throws: RunFailure.self) {
      _ = try play([path]) { settings in
        settings.run.sinks = [try SinkSpec(parsing: "null:"), try SinkSpec(parsing: "ndjson:\(path)")]
      }
    }
    #expect(failure?.kind == .failed && failure?.description.contains("--force") == true)
  }
}
