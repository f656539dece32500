import Foundation
import Glibc
import TestSupport
import Testing

/// What tests look at in a manifest.
private struct DayManifest: Decodable {
  struct Input: Decodable {
    let name: String
    let frames: Int
    let verdict: String
    let damagedBytes: Int
  }
  struct Output: Decodable {
    let name: String
    let rows: Int
    let bytes: Int
  }
  struct Counts: Decodable {
    let frames: Int
    let rows: Int
    let decoded: Int
    let malformed: Int
    let malformedFrames: Int
    let gaps: Int
    let byType: [String: Int]
  }
  struct Candles: Decodable {
    let seen: Int
    let equal: Int
    let differing: Int
    let first: [String]
  }

  let inputs: [Input]
  let counts: Counts
  let ticks: [String: Int]?
  let candles: Candles?
  let outputs: [Output]

  init(_ folder: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(Places.read(folder + "/manifest.json") ?? []))
  }

  func rows(_ name: String) -> Int? { outputs.first { $0.name == name }?.rows }
}

@Suite("quotewire eod", .tags(.system))
struct EndOfDayTests {
  let folder = TemporaryFolder()

  private func make(_ name: String, _ spec: String) throws -> String {
    let path = folder.file(name)
    let made = try quotewire("generate", spec, path)
    try #require(made.exitCode == 0, "\(made)")
    return path
  }

  private func eod(_ words: String..., environment: [String: String] = [:]) throws -> Program.Ended {
    try start(["eod"] + words, environment: environment).wait()
  }

  /// Contents by name.
  private func contents(_ path: String) -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: Places.names(in: path).map { ($0, Places.read(path + "/" + $0) ?? []) })
  }

  /// Whether a folder holds what another holds, byte for byte, and nothing else.
  private func isEqual(_ path: String, _ other: [String: [UInt8]]) -> Bool { contents(path) == other }

  private static let mix = "seed=5,symbols=40,rate=4000,duration=3s,mix=Quote:60/Trade:20/TimeAndSale:20,nan=0.02"

  @Test("counts are those of a replay, the second run has nothing to do, and only what was changed is made anew")
  func story() throws {
    let day = try make("day.qwr", Self.mix)
    let first = try eod(day)
    let out = folder.file("day-eod")
    #expect(first.exitCode == 0 && first.output.isEmpty && first.errors.contains("the figures reconcile"), "\(first)")
    let manifest = try DayManifest(out)
    let figures = try Figures(try quotewire("replay", day, "--stats", "-").output)
    #expect(manifest.counts.byType == figures.eventsByType && manifest.counts.frames == figures.frames)
    #expect(manifest.counts.decoded == figures.rows.decoded && manifest.inputs.map(\.frames) == [figures.frames])
    for (type, rows) in figures.eventsByType { #expect(manifest.rows(type + ".parquet") == rows) }
    #expect(manifest.outputs.count == 5 && manifest.rows("bars-1d.parquet") ?? 0 > 0)
    let before = contents(out)
    let second = try eod(day, "--to", out)
    #expect(second.exitCode == 0 && second.errors.contains("nothing to do"), "\(second)")
    #expect(isEqual(out, before))

    var bytes = try #require(before["Trade.parquet"])
    bytes[bytes.count / 2] ^= 1
    try write(bytes, to: out + "/Trade.parquet")
    let inodes = { Dictionary(uniqueKeysWithValues: before.keys.map { ($0, inode(out + "/" + $0)) }) }
    let stay = inodes()
    let third = try eod(day, "--to", out)
    #expect(third.errors.contains("Trade.parquet is not as it was made"), "\(third)")
    #expect(third.errors.contains(": 1 file of 1 recording"), "\(third)")
    #expect(isEqual(out, before))
    let changed = inodes().filter { stay[$0.key] != $0.value }.keys.sorted()
    #expect(changed == ["Trade.parquet", "manifest.json"])
    unsafe unlink(out + "/bars-1m.parquet")
    #expect(try eod(day, "--to", out).errors.contains("bars-1m.parquet is missing"))
    #expect(isEqual(out, before))

    let other = try make("other.qwr", "seed=6,symbols=40,rate=1000,duration=2s,mix=Quote:1")
    try #require(unsafe rename(other, day) == 0)
    let fourth = try eod(day, "--to", out)
    #expect(fourth.errors.contains("1 of 1 recordings are others than it was made of"), "\(fourth)")
    #expect(try DayManifest(out).counts.byType.keys.sorted() == ["Quote"])
    #expect(!Places.names(in: out).contains("Trade.parquet"))
    let options = try eod(day, "--to", out, "--codec", "none")
    #expect(options.errors.contains("it was made with") && options.exitCode == 0)
  }

  private func inode(_ path: String) -> UInt64 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
  }

  @Test("several recordings are merged by time into one set, whatever the number of threads")
  func merged() throws {
    let first = try make("a.qwr", Self.mix)
    let second = try make("b.qwr", "seed=8,symbols=60,rate=3000,duration=4s,mix=Quote:3/Greeks:1")
    for jobs in ["1", "4"] {
      let ended = try eod(first, second, "--to", folder.file("out-" + jobs), "--jobs", jobs)
      #expect(ended.exitCode == 0, "\(ended)")
    }
    #expect(isEqual(folder.file("out-1"), contents(folder.file("out-4"))))
    let manifest = try DayManifest(folder.file("out-1"))
    let figures = try Figures(try quotewire("replay", first, second, "--stats", "-").output)
    #expect(manifest.counts.byType == figures.eventsByType && manifest.inputs.map(\.name) == ["a.qwr", "b.qwr"])
  }

  @Test("a damaged recording is counted and said, reconciles, and is exit code 4 with --strict")
  func damaged() throws {
    let day = try make("day.qwr", Self.mix)
    var bytes = try #require(Places.read(day))
    for i in 0..<64 { bytes[bytes.count / 2 + i] ^= 0xFF }
    try write(bytes, to: day)
    let out = folder.file("out")
    let ended = try eod(day, "--to", out)
    #expect(ended.exitCode == 0 && ended.errors.contains("day.qwr: corrupt: "), "\(ended)")
    let manifest = try DayManifest(out)
    #expect(manifest.inputs[0].verdict == "corrupt" && manifest.inputs[0].damagedBytes > 0)
    let strict = try eod(day, "--to", out, "--strict")
    #expect(strict.exitCode == 4 && strict.errors.contains("1 damaged or torn recordings"), "\(strict)")
    let hostile = try eod(Places.packageRoot + "/recordings/hostile.qwr", "--to", folder.file("hostile"))
    #expect(hostile.exitCode == 0 && hostile.errors.contains("malformed"), "\(hostile)")
    let counts = try DayManifest(folder.file("hostile")).counts
    #expect(counts.malformed > 0 || counts.malformedFrames > 0)
  }

  @Test("requests that cannot be fulfilled are refused in a sentence, and leave nothing behind")
  func refused() throws {
    let missing = try eod(folder.file("absent.qwr"), "--to", folder.file("out"))
    #expect(missing.exitCode == 1 && missing.errors.contains("no such file"), "\(missing)")
    #expect(Places.names(in: folder.path).isEmpty)
    #expect(try eod().exitCode == 2)
    #expect(try eod("a.qwr", "--codec", "rar").exitCode == 2)
    try write("no recording", to: folder.file("text.qwr"))
    let foreign = try eod(folder.file("text.qwr"), "--to", folder.file("out"))
    #expect(foreign.exitCode == 1 && foreign.errors.contains("not a quotewire recording"), "\(foreign)")
    #expect(!Places.names(in: folder.file("out")).contains("manifest.json"))
  }

  @Test("candles of the recording are held against the bars, and those that differ are named")
  func candles() throws {
    let begin: Int64 = 900_000_000_000
    var lines = ""
    func frame(_ offset: Int64, _ data: String) {
      lines += "\(begin + offset)\t{\"type\":\"FEED_DATA\",\"channel\":1,\"data\":[\(data)]}\n"
    }
    func trade(_ symbol: String, _ offset: Int64, _ price: Double, _ size: Int) {
      frame(offset, "{\"eventType\":\"Trade\",\"eventSymbol\":\"\(symbol)\",\"time\":\(begin + offset),"
        + "\"price\":\(price),\"size\":\(size)}")
    }
    func candle(_ symbol: String, _ minute: Int64, _ ohlc: [Double], _ volume: Int) {
      frame(200_000, "{\"eventType\":\"Candle\",\"eventSymbol\":\"\(symbol){=m}\",\"time\":\(begin + minute * 60_000),"
        + "\"open\":\(ohlc[0]),\"high\":\(ohlc[1]),\"low\":\(ohlc[2]),\"close\":\(ohlc[3]),\"volume\":\(volume)}")
    }
    trade("A", 0, 10, 1)
    trade("B", 100, 5, 4)
    trade("A", 1_000, 12, 2)
    trade("A", 59_999, 11, 3)
    trade("A", 60_000, 20, 4)
    candle("A", 0, [10, 12, 10, 11], 6)
    candle("A", 1, [20, 21, 20, 20], 4)
    candle("B", 0, [5, 5, 5, 5], 4)
    candle("C", 0, [5, 5, 5, 5], 4)
    try write(lines, to: folder.file("frames.tsv"))
    let made = try quotewire("convert", folder.file("frames.tsv"), folder.file("day.qwr"))
    try #require(made.exitCode == 0, "\(made)")
    let ended = try eod(folder.file("day.qwr"))
    #expect(ended.exitCode == 0 && ended.errors.contains("4 of 4 candles compared with bars: 2 equal, 2 of 2 symbols"))
    let manifest = try DayManifest(folder.file("day-eod"))
    #expect(manifest.candles?.equal == 2 && manifest.candles?.differing == 2)
    let first = try #require(manifest.candles?.first.first)
    #expect(first.hasPrefix("A{=m} at 1998-07-09T16:01:00") && first.hasSuffix("high 20.0, candle 21.0"), "\(first)")
    #expect(manifest.rows("bars-1m.parquet") == 3 && manifest.rows("bars-1d.parquet") == 2)
  }

  @Test("an interrupted run leaves what was there, and says so")
  func interrupted() throws {
    let day = try make("day.qwr", "seed=5,symbols=400,rate=100000,duration=4s,period=50ms")
    let program = try start(["eod", day, "--to", folder.file("out")])
    try waitUntil("the work folder") { Places.names(in: folder.file("out")).contains(".eod-work") }
    program.send(SIGINT)
    let ended = try program.wait()
    // A fast machine may be done before.
    #expect(ended.exitCode == 130 || ended.exitCode == 0, "\(ended)")
    #expect(!Places.names(in: folder.file("out")).contains(".eod-work"))
    #expect(Places.names(in: folder.file("out")).contains("manifest.json") == (ended.exitCode == 0))
  }
}

@Suite("quotewire eod, killed", .tags(.system, .slow), Faults.needed)
struct EndOfDayKillTests {
  let folder = TemporaryFolder()
  private static let kills = 10

  @Test("a run that was killed at any call is repeated with the same bytes, over nothing and over another day")
  func killed() throws {
    let (day, other) = (folder.file("day.qwr"), folder.file("other.qwr"))
    for (path, seed) in [(day, 5), (other, 6)] {
      let spec = "seed=\(seed),symbols=30,rate=2000,duration=2s,mix=Quote:60/Trade:20/TimeAndSale:20"
      let made = try quotewire("generate", seed == 6 ? spec + "/Greeks:10" : spec, path)
      try #require(made.exitCode == 0, "\(made)")
    }
    let calls = folder.file("calls")
    let counting = Faults().count(into: calls, path: "/day-").environment
    let reference = try start(["eod", day, "--to", folder.file("day-right")], environment: counting).wait()
    #expect(reference.exitCode == 0, "\(reference)")
    let right = Self.contents(folder.file("day-right"))
    let most = try #require(Int(String(decoding: Places.read(calls) ?? [], as: UTF8.self).dropLast()))
    try #require(most > Self.kills)
    var random = SeededRandom(seed: 77)
    var killedRuns = 0
    for i in 0..<Self.kills {
      let out = folder.file("day-\(i)")
      if i.isMultiple(of: 2) { #expect(try start(["eod", other, "--to", out]).wait().exitCode == 0) }
      // The last calls publish: half of the kills go there.
      let number = Int.random(in: i % 4 < 2 ? 1...most : max(1, most - 25)...most, using: &random)
      let rule = Faults().kill("any", on: number, after: i % 3 == 0, path: "/day-").environment
      let killed = try start(["eod", day, "--to", out], environment: rule).wait()
      #expect(killed.signal == SIGKILL || killed.exitCode == 0, "call \(number): \(killed)")
      if killed.signal == SIGKILL { killedRuns += 1 }
      let again = try start(["eod", day, "--to", out]).wait()
      #expect(again.exitCode == 0, "call \(number): \(again)")
      let isRight = Self.contents(out) == right
      #expect(isRight, "killed at call \(number) of \(most): \(Places.names(in: out))")
    }
    #expect(killedRuns >= Self.kills / 2)
  }

  @Test("a device that is full fails the run in a sentence and leaves the set that was there")
  func full() throws {
    for (name, seed) in [("day.qwr", 5), ("other.qwr", 6)] {
      let made = try quotewire("generate", "seed=\(seed),symbols=30,rate=2000,duration=2s", folder.file(name))
      try #require(made.exitCode == 0, "\(made)")
    }
    let out = folder.file("day-out")
    #expect(try quotewire("eod", folder.file("day.qwr"), "--to", out).exitCode == 0)
    let before = Self.contents(out)
    let full = Faults().full(after: 3000, path: "/day-out/").environment
    let ended = try quotewire("eod", folder.file("other.qwr"), "--to", out, environment: full)
    #expect(ended.exitCode == 1 && ended.errors.contains("no space left on the device"), "\(ended)")
    let isKept = Self.contents(out) == before
    #expect(isKept, "\(Places.names(in: out))")
  }

  private static func contents(_ path: String) -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: Places.names(in: path).map { ($0, Places.read(path + "/" + $0) ?? []) })
  }
}

@Suite("pyarrow reads the files of a day", .tags(.system, .slow))
struct EndOfDayOracleTests {
  private static let cannotInstall: Int32 = 75

  @Test("every row equals the NDJSON, and bars computed from it anew are ours")
  func equal() throws {
    let folder = TemporaryFolder()
    let ended = try Program(
      "/usr/bin/env", ["bash", Places.packageRoot + "/tools/interop/eod", try Built.quotewire(), folder.path]
    ).wait(limitSeconds: 900)
    if ended.exitCode == Self.cannotInstall {
      print("skipped: \(ended.errors)")
      return
    }
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(ended.lines.count { $0.hasSuffix("bars, equal") } == 4, "\(ended.text)")
  }
}
