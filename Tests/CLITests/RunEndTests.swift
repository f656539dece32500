import Bytes
import JSON
import Market
import TestSupport
import Testing
import WebSocket

@testable import Ingest
@testable import QuotewireCLI

private func report(_ change: (inout RunReport) -> Void = { _ in }) -> RunReport {
  var report = RunReport()
  report.totals.events = 5
  report.totals.rows = 5
  report.totals.decodedRows = 5
  report.sinks = [RunReport.Sink(name: "csv:o", accepted: 5, dropped: 0, written: 5)]
  change(&report)
  return report
}

private func outcome(_ report: RunReport, _ kind: RunFailure.Kind? = nil, interrupted: Bool = false) -> RunOutcome {
  var outcome = RunOutcome()
  outcome.report = report
  outcome.failure = kind.map { RunFailure($0, "it went wrong") }
  outcome.wasInterrupted = interrupted
  return outcome
}

/// The paths of all keys with the kinds of their values, read by the project's scanner.
private func paths(_ json: String) throws -> [String: Kind] {
  var scanner = Scanner()
  let bytes = Array(json.utf8)
  return try unsafe scanner.scanCopy(bytes.span.bytes) { cursor throws(JSONError) in
    var found: [String: Kind] = [:]
    var open: [String] = []
    try cursor.enterObject()
    while true {
      guard let key = try cursor.nextKey() else {
        if open.popLast() == nil { return found }
        continue
      }
      let name = unsafe key.withRaw { b in unsafe String(decoding: b, as: UTF8.self) }
      let path = (open + [name]).joined(separator: "/")
      found[path] = cursor.kind
      if cursor.kind == .object {
        open.append(name)
        try cursor.enterObject()
      } else {
        try cursor.skipValue()
      }
    }
  }
}

@Suite("The end of a run", .tags(.unit))
struct RunEndTests {
  static let ends: [(RunFailure.Kind?, Bool, Bool, Bool, ExitCode)] = [
    // failure, interrupted, --strict, lossy, code
    (nil, false, false, false, .done), (nil, false, true, false, .done), (nil, false, false, true, .done),
    (nil, false, true, true, .lossy), (nil, true, false, false, .interrupted), (nil, true, true, false, .interrupted),
    (nil, true, true, true, .lossy), (nil, true, false, true, .interrupted), (.failed, false, false, false, .failed),
    (.failed, true, true, true, .failed), (.refused, false, false, false, .refused),
    (.refused, true, true, true, .refused),
    (.usage, false, false, false, .usage),
  ]

  @Test("exit codes: a failure before a loss before an interruption", arguments: ends)
  func codes(kind: RunFailure.Kind?, interrupted: Bool, strict: Bool, lossy: Bool, code: ExitCode) throws {
    let it = outcome(report { if lossy { $0.gaps = 1 } }, kind, interrupted: interrupted)
    var got: ExitCode?
    let why = failure { got = try RunEnd.close(it, Console(), try arguments(strict ? ["--strict"] : [])) }
    #expect(got ?? why?.exitCode == code)
    if kind != nil { #expect(why?.description == "it went wrong") }
  }

  @Test("the numbers of the exit codes are a contract")
  func numbers() {
    let codes: [ExitCode] = [.done, .failed, .usage, .refused, .lossy, .interrupted]
    #expect(codes.map(\.rawValue) == [0, 1, 2, 3, 4, 130])
  }

  static let losses: [(String, @Sendable (inout RunReport) -> Void)] = [
    ("1 gaps", { $0.gaps = 1 }), ("2 malformed rows", { $0.totals.malformedRows = 2 }),
    ("3 malformed messages", { $0.totals.malformedMessages = 3 }),
    ("4 texts without room", { $0.totals.refusedTexts = 4 }),
    ("5 entries not recorded", { $0.recordingLost = 5 }), ("6 damaged or torn recordings", { $0.damagedFiles = 6 }),
    ("2 events dropped by csv:o", { $0.sinks[0].dropped = 2 }),
    ("3 events not written by csv:o", { $0.sinks[0].written = 2 }),
  ]

  @Test("--strict names what was lost", arguments: losses.indices)
  func strict(index: Int) {
    let (words, change) = Self.losses[index]
    let lossy = report(change)
    #expect(!lossy.isLossless)
    let why = failure { _ = try RunEnd.close(outcome(lossy), Console(), try arguments(["--strict"])) }
    #expect(why?.exitCode == .lossy)
    #expect(why?.description == "data was lost or malformed: \(words); see --stats for the figures")
    #expect(report().isLossless)
  }

  @Test("--stats writes the figures, of failures too", arguments: [nil, .failed] as [RunFailure.Kind?])
  func stats(kind: RunFailure.Kind?) throws {
    let folder = TemporaryFolder()
    let it = report()
    _ = failure { _ = try RunEnd.close(outcome(it, kind), Console(), try arguments(["--stats", folder.file("s")])) }
    #expect(Places.read(folder.file("s")) == Array(it.json().utf8))
    let why = failure {
      _ = try RunEnd.close(outcome(it), Console(), try arguments(["--stats", "/nowhere/s"]))
    }
    #expect(why?.exitCode == .failed && why?.description.contains("/nowhere/s") == true)
  }

  @Test("the figures have every key of the contract, and are JSON")
  func contract() throws {
    let it = report {
      $0.totals.eventsByType[EventType.quote.index] = 3
      $0.seconds = 1.25
      $0.digest = "00ff00ff00ff00ff"
    }
    let found = try paths(it.json())
    let numbers = [
      "seconds", "cpuSeconds", "frames", "messages", "bytes", "events", "eventsByType/Quote", "rows/decoded",
      "rows/malformed", "rows/seen", "rows/skipped/unknownValue", "rows/skipped/beyondLimit",
      "rows/skipped/closedChannel", "network/bytes", "network/data", "network/control", "network/overhead",
      "sinks/csv:o/spilled", "recording/offered", "recording/entries", "recording/bytes", "recording/lost",
      "malformedMessages", "refusedTexts", "damagedRecordings", "filledGaps", "snapshots/committed",
      "snapshots/refused", "snapshots/void", "snapshots/held", "snapshots/duplicates",
      "rows/skipped/unknownType", "rows/skipped/unknownField", "gaps", "reconnects", "sinks/csv:o/accepted",
      "sinks/csv:o/dropped", "sinks/csv:o/written", "framesPerSecond", "eventsPerSecond", "megabytesPerSecond",
      "latencyMicros/p50", "latencyMicros/p99", "latencyMicros/p999", "latencyMicros/max", "peakResidentBytes",
    ]
    for path in numbers { #expect(found[path] == .number, "\(path)") }
    for path in ["eventsByType", "rows", "rows/skipped", "sinks", "latencyMicros"] { #expect(found[path] == .object) }
    #expect(found["digest"] == .string)
    #expect(it.json().hasSuffix("}\n") && it.json().count { $0 == "\n" } == 1)
  }

  @Test(
    "names and numbers of all kinds stay JSON",
    arguments: [0, -1, 0.1, 1e-9, 123_456_789.123456789, 1e15, 1e300, .infinity, .nan] as [Double],
    ["csv:a\"b", "csv:\\x\u{1}\n\u{7f}", "ndjson:ü/€"])
  func hostile(number: Double, name: String) throws {
    let it = report {
      $0.seconds = number
      $0.latency.max = number
      $0.sinks[0].name = name
    }
    let found = try paths(it.json())
    #expect(found["seconds"] == .number && found["latencyMicros/max"] == .number)
    #expect(found.keys.filter { $0.hasPrefix("sinks/") }.count == 5)
  }

  @Test("numbers keep six digits behind the point, and rates follow from them")
  func numbers6() throws {
    let it = report {
      $0.seconds = 2
      $0.totals.frames = 7
      $0.totals.bytes = 3_000_001
      $0.cpuSeconds = 0.123_456_789
    }
    let json = it.json()
    for part in [
      "\"seconds\":2.0,", "\"cpuSeconds\":0.123457,", "\"framesPerSecond\":3.5,", "\"eventsPerSecond\":2.5,",
      "\"megabytesPerSecond\":1.500001,",
    ] { #expect(json.contains(part), "\(part)") }
    #expect(report().eventsPerSecond == 0, "no time, no rate")
  }

  @Test("figures add up: decoded is accepted and dropped, accepted is written")
  func balanced() {
    #expect(report().isBalanced)
    #expect(!report { $0.sinks[0].accepted = 4 }.isBalanced)
    #expect(!report { $0.sinks[0].written = 4 }.isBalanced)
    #expect(!report { $0.totals.rows = 6 }.isBalanced)
    #expect(!report { $0.totals.decodedRows = 4 }.isBalanced)
    #expect(!report { $0.totals.wire.received = 1 }.isBalanced)
    #expect(!report { $0.recordingLost = 1 }.isBalanced)
    #expect(report { $0.totals.rows = 7; $0.totals.malformedRows = 1; $0.totals.unknownTypes = 1 }.isBalanced)
    #expect(report { $0.sinks[0] = RunReport.Sink(name: "x", accepted: 3, dropped: 2, written: 3) }.isBalanced)
  }
}
