import Bytes
import IO
import Ingest
import Market
import Recording
import Rings
import Simulator
import TestSupport
import Testing

@testable import EndOfDay

/// A manifest with every figure set.
private func sample() -> Manifest {
  var summary = InputSummary()
  summary.frames = 10
  summary.gaps = 1
  summary.verdict = "torn"
  summary.tornBytes = 7
  summary.covered = 5...9
  var manifest = Manifest(
    options: "codec snappy, bars of UTC",
    inputs: [.init(name: "a \"day\"\\\u{1}é.qwr", sum: FileSum(bytes: 1000, crc: 0x0012_ABCD), summary: summary)])
  manifest.counts.frames = 10
  manifest.counts.malformedFrames = 2
  manifest.counts.rows = 25
  manifest.counts.decoded = 20
  manifest.counts.malformed = 3
  manifest.counts.unknownType = 2
  manifest.counts.gaps = 1
  manifest.counts.byType = ["Quote": 14, "Trade": 4, "TimeAndSale": 2]
  var ticks = TickCounts()
  (ticks.seen, ticks.used, ticks.replaced, ticks.withoutTime) = (6, 4, 1, 1)
  manifest.ticks = ticks
  var candles = CandleReport()
  (candles.seen, candles.equal, candles.differing, candles.symbolsDiffering) = (3, 2, 1, 1)
  candles.first = ["A{=m} at 2026: open 1, candle 2"]
  manifest.candles = candles
  for (name, rows) in [
    ("Quote.parquet", 14), ("TimeAndSale.parquet", 2), ("Trade.parquet", 4), ("bars-1d.parquet", 1),
    ("bars-1m.parquet", 2), ("gaps.csv", 1),
  ] { manifest.outputs.append(.init(name: name, rows: rows, sum: FileSum(bytes: rows * 10, crc: UInt32(rows)))) }
  return manifest
}

@Suite("The manifest of a day", .tags(.unit))
struct ManifestTests {
  @Test("what is written is read back")
  func roundTrip() {
    #expect(Manifest(parsing: Array(sample().text.utf8)) == sample())
    let empty = Manifest(options: "", inputs: [])
    #expect(Manifest(parsing: Array(empty.text.utf8)) == empty)
  }

  @Test("no byte can be changed or left out at the end")
  func damage() {
    let bytes = Array(sample().text.utf8)
    for i in bytes.indices {
      var changed = bytes
      changed[i] ^= 1
      #expect(Manifest(parsing: changed) == nil, "byte \(i)")
      #expect(Manifest(parsing: Array(bytes[..<i])) == nil)
    }
  }

  @Test("another version is none of ours")
  func version() {
    let text = sample().text.replacing("quotewire eod 1", with: "quotewire eod 9")
    let body = String(text[..<text.ranges(of: Manifest.crcMember)[0].lowerBound])
    let sealed = body + Manifest.crcMember + Manifest.hex(Manifest.crc(body)) + "\"}\n"
    #expect(Manifest(parsing: Array(sealed.utf8)) == nil)
  }
}

@Suite("Figures of a day that reconcile", .tags(.unit))
struct ReconciliationTests {
  private static let onDisk = [
    "Quote.parquet": 14, "TimeAndSale.parquet": 2, "Trade.parquet": 4, "bars-1d.parquet": 1, "bars-1m.parquet": 2,
    "gaps.csv": 1,
  ]

  private static func broken(
    onDisk: [String: Int] = onDisk, bars: (minutes: Int, days: Int) = (4, 4),
    _ change: (inout Manifest) -> Void = { _ in }
  ) -> [String] {
    var manifest = sample()
    change(&manifest)
    return Reconciliation.broken(manifest, rowsOnDisk: onDisk, barCounts: bars)
  }

  @Test("figures that agree break nothing")
  func whole() { #expect(Self.broken().isEmpty) }

  @Test("each figure that is off by one is found")
  func offByOne() {
    let changes: [(String, (inout Manifest) -> Void)] = [
      ("frames", { $0.counts.frames += 1 }), ("recording", { $0.inputs[0].summary.frames += 1 }),
      ("gaps", { $0.counts.gaps += 1 }), ("rows", { $0.counts.rows += 1 }), ("decoded", { $0.counts.decoded += 1 }),
      ("malformed", { $0.counts.malformed += 1 }), ("unknown", { $0.counts.unknownType += 1 }),
      ("Quote", { $0.counts.byType["Quote"] = 15 }), ("output", { $0.outputs[0].rows += 1 }),
      ("no output", { $0.outputs.removeFirst() }), ("seen", { $0.ticks?.seen += 1 }), ("used", { $0.ticks?.used += 1 }),
      ("replaced", { $0.ticks?.replaced += 1 }), ("candles", { $0.candles?.equal += 1 }),
    ]
    for (name, change) in changes { #expect(!Self.broken(change).isEmpty, "\(name)") }
    for name in Self.onDisk.keys {
      var disk = Self.onDisk
      disk[name] = 99
      #expect(Self.broken(onDisk: disk).count == 1, "\(name)")
    }
    #expect(Self.broken(bars: (5, 4)).count == 1 && Self.broken(bars: (4, 3)).count == 1)
  }
}

@Suite("Ticks on their way to bars", .tags(.unit))
struct TickStoreTests {
  @Test("ticks that went to disk come back as those in memory, in their order")
  func spill() throws {
    let folder = TemporaryFolder()
    let (small, large) = (
      TickStore(folder: folder.path, memoryBytes: 4000), TickStore(folder: folder.path, memoryBytes: 1 << 20)
    )
    var random = SeededRandom(seed: 5)
    for i in 0..<5000 {
      let tick = Tick(
        symbol: UInt32.random(in: 1...200, using: &random), flags: .sale, key: Int64(i), timeNanos: Int64(i), price: 1,
        size: Double(i))
      small.append(tick)
      large.append(tick)
    }
    #expect(small.failure == nil && large.failure == nil)
    for (a, b) in zip(small.partitions, large.partitions) {
      let (first, second) = (try a.all(), try b.all())
      #expect(first == second && first.count == a.count)
    }
    #expect(small.partitions.reduce(0) { $0 + $1.count } == 5000)
    #expect(Places.names(in: folder.path).isEmpty)
  }

  @Test("a disk that refuses ends it with an error")
  func refused() {
    let store = TickStore(folder: "/nowhere/at/all", memoryBytes: 40)
    store.append(Tick(symbol: 1, flags: [], key: 0, timeNanos: 1, price: 1, size: 1))
    guard case .io = store.failure else {
      Issue.record("no error")
      return
    }
  }
}

@Suite("Bars beside candles", .tags(.unit))
struct CandleCheckTests {
  private static let start: Int64 = 1_772_461_800_000

  private static func bar(_ symbol: UInt32, minute: Int64) -> Bar {
    Bar(
      symbol: symbol, startMillis: start + minute * 60_000, count: 2, open: 1, high: 3, low: 1, close: 2, volume: 10,
      turnover: 20)
  }

  /// Reports on candles of a symbol's minutes 0, 1 and so on.
  private static func report(
    _ symbol: String, _ change: [(inout Candle) -> Void], bars: [Int64], covered: ClosedRange<Int64>? = nil
  ) -> CandleReport {
    var table = TextTable()
    let base = table.intern("A")?.rawValue ?? 0
    let check = CandleCheck()
    for (minute, change) in change.enumerated() {
      var candle = Candle()
      candle.head.symbol = table.intern(symbol) ?? TextID(rawValue: 0)
      candle.time = start + Int64(minute) * 60_000
      (candle.open, candle.high, candle.low, candle.close, candle.volume, candle.count) = (1, 3, 1, 2, 10, 2)
      change(&candle)
      check.take(candle, table.store)
    }
    let all = covered ?? (start * 1_000_000)...((start + 3_600_000) * 1_000_000)
    return check.report(minutes: bars.map { bar(base, minute: $0) }, days: [], table.store, covered: all)
  }

  @Test("equal, differing, missing, empty and uncovered candles are told apart and counted")
  func kinds() {
    let report = Self.report(
      "A{=1m}",
      [
        { _ in }, { $0.close = 2.5 }, { _ in }, { c in (c.open, c.count) = (.nan, 0) },
        { $0.time = Self.start - 60_000 }, { $0.volume = .nan },
      ], bars: [0, 1, 5])
    #expect(report.seen == 6 && report.equal == 2 && report.differing == 2 && report.symbolsDiffering == 1)
    #expect(report.empty == 1 && report.notCovered == 1 && report.isBalanced)
    #expect(report.first.count == 2 && report.first[0].contains("close 2.0, candle 2.5"), "\(report.first)")
    #expect(report.first[1].contains("no trade of that time"))
  }

  @Test(
    "candles with other attributes or periods say nothing about our bars",
    arguments: ["A{=5m}", "A{=m,price=bid}", "A"])
  func others(symbol: String) {
    #expect(Self.report(symbol, [{ $0.close = 9 }], bars: [0]).seen == 0)
  }

  @Test("the last event of a candle counts, and a removed one none")
  func last() {
    let again = Self.report("A{=m}", [{ $0.close = 9 }, { $0.time = Self.start }], bars: [0])
    #expect(again.seen == 1 && again.equal == 1)
    let removed = Self.report("A{=m}", [{ _ in }, { c in
      c.time = Self.start
      c.head.eventFlags = .removeEvent
    }], bars: [0])
    #expect(removed.seen == 0)
  }
}

@Suite("A day's folder", .tags(.unit))
struct EndOfDayRunTests {
  let folder = TemporaryFolder()

  private func recording(_ name: String, _ spec: String) throws -> String {
    let path = folder.file(name)
    var file = try File(path, .create())
    _ = try unsafe GeneratedRecording.make(GenerateSpec(spec)) { try unsafe file.write($0) }
    try file.close()
    return path
  }

  private func run(_ settings: EndOfDaySettings) throws -> EndOfDayOutcome {
    try EndOfDayRun.run(settings, RunHooks(attention: try Wakeup()))
  }

  @Test("any number of threads gives the same bytes, with several row groups of one type")
  func threads() throws {
    let day = try recording("day.qwr", "seed=7,symbols=50,rate=140000,duration=1s,period=100ms,mix=Quote:97/Trade:3")
    var manifests: [Manifest] = []
    for jobs in [1, 3] {
      var settings = EndOfDaySettings(recordings: [day], folder: folder.file("out-\(jobs)"))
      settings.jobs = jobs
      manifests.append(try run(settings).manifest)
    }
    #expect(manifests[0].counts.byType["Quote"] ?? 0 > 131_072)
    #expect(manifests[1] == manifests[0])
  }

  @Test("a sum of a file is that of its bytes, in pieces or not")
  func sums() throws {
    let path = folder.file("bytes")
    var random = SeededRandom(seed: 3)
    let bytes = random.bytes(1 << 20)
    var file = try File(path, .create())
    // Beyond one piece of 16 MiB.
    for i in 0..<17 { try unsafe file.write(bytes.span.bytes, at: i << 20) }
    try file.close()
    var crc = CRC32C()
    for _ in 0..<17 { unsafe crc.update(bytes.span.bytes) }
    for jobs in [1, 3] {
      #expect(try FileSum.of([path, path + "-absent"], jobs: jobs) == [FileSum(bytes: 17 << 20, crc: crc.value), nil])
    }
  }

  @Test("two runs cannot work in one folder, and files of others are not replaced")
  func guards() throws {
    let day = try recording("day.qwr", "seed=7,symbols=5,rate=100,duration=1s")
    let out = folder.file("out")
    let held = try DayFolder(out)
    #expect { try run(EndOfDaySettings(recordings: [day], folder: out)) } throws: {
      if case .busy? = $0 as? EndOfDayError { true } else { false }
    }
    withExtendedLifetime(held) {}
    let foreign = folder.file("foreign")
    try Directory.create(foreign)
    try File(foreign + "/Quote.parquet", .create()).close()
    var settings = EndOfDaySettings(recordings: [day], folder: foreign)
    #expect { try run(settings) } throws: {
      if case .foreignFiles? = $0 as? EndOfDayError { true } else { false }
    }
    settings.force = true
    #expect(try !run(settings).made.isEmpty)
  }
}
