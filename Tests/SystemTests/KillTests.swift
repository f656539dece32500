import Glibc
import TestSupport
import Testing

/// Kills at chosen bytes and calls, in place of random moments: the library of `Tests/Faults` writes exactly so many
/// bytes and then sends SIGKILL. `tools/crash 1000` runs more of them with the release build.
@Suite("A program that is killed at a chosen byte or call", .tags(.system, .slow), Faults.needed)
struct KillTests {
  let folder = TemporaryFolder()

  /// Kills of one kind of file; each of the four kinds gets a quarter of QUOTEWIRE_KILLS.
  private static var kills: Int {
    guard let text = unsafe getenv("QUOTEWIRE_KILLS"), let all = unsafe Int(String(cString: text)) else { return 24 }
    return max(1, all / 4)
  }

  /// Programs that run, and are killed, at the same time.
  private static let atOnce = 4

  /// What was found behind the kills of one kind.
  private struct Found {
    var kills = 0
    var whole = 0
    var missing = 0
    var mostTorn = 0

    func say(_ what: String) {
      print("killed while writing \(what): \(kills) times; \(whole) whole entries or rows kept, \(missing) not yet "
        + "written, at most \(mostTorn) bytes torn")
    }
  }

  private func source(_ seed: Int) throws -> String {
    let path = folder.file("source.qwr")
    let spec = "seed=\(seed),symbols=50,rate=4000,duration=2s,period=50ms,mix=Quote:80/Trade:20"
    let made = try quotewire("generate", spec, path)
    try #require(made.exitCode == 0, "\(made)")
    return path
  }

  /// Runs the program with each of the rules, some at a time; each run has to end by SIGKILL.
  private func killed(
    _ rules: [Faults], _ arguments: (Int) -> [String], judge: (Int) throws -> Void
  ) throws {
    for start in stride(from: 0, to: rules.count, by: Self.atOnce) {
      let batch = start..<min(start + Self.atOnce, rules.count)
      let programs = try batch.map { i in
        try SystemTests.start(arguments(i), environment: rules[i].environment)
      }
      for (i, program) in zip(batch, programs) {
        let ended = try program.wait()
        #expect(ended.signal == SIGKILL, "\(rules[i].rules): \(ended)")
        try judge(i)
      }
    }
  }

  @Test("a recording keeps every entry that is whole in the file, tells what is torn, is repaired, and replays")
  func recording() throws {
    let source = try source(1)
    let whole = withoutTimes(try replay([source], ["--to", "ndjson:-"]).ended.output)
    let server = try FeedServer([source])
    let size = Places.read(source)?.count ?? 0
    var random = SeededRandom(seed: 101)
    // The first bytes of the file and any later one; the client's file is a little larger than the server's.
    let cuts = (0..<Self.kills).map { $0 < 4 ? 1 + $0 * 21 : Int.random(in: 64..<size, using: &random) }
    var found = Found()
    try killed(
      cuts.map { Faults().cut(at: $0, path: "victim") },
      { i in ["ingest", "--url", server.url, "--symbols", "*", "--record", folder.file("victim-\(i).qwr")] },
      judge: { i in try judgeRecording(folder.file("victim-\(i).qwr"), cuts[i], whole, &found) })
    found.say("a recording")
  }

  private func judgeRecording(_ path: String, _ cut: Int, _ whole: [UInt8], _ found: inout Found) throws {
    let bytes = try #require(Places.read(path))
    #expect(bytes.count == cut)
    found.kills += 1
    if cut < RecordingWalk.headerBytes {
      let refused = try quotewire("inspect", path)
      #expect(refused.exitCode == 1 && refused.errors.contains("header"), "\(refused)")
      return
    }
    let walk = RecordingWalk(bytes)
    let torn = cut - walk.end
    let before = try replay([path], ["--to", "ndjson:-"])
    #expect(before.figures.messages == walk.received && before.figures.brokenIdentities.isEmpty)
    #expect(before.figures.damagedRecordings == (torn > 0 ? 1 : 0))
    let isBeginning = whole.starts(with: withoutTimes(before.ended.output))
    #expect(isBeginning, "cut at \(cut)")
    let repaired = try quotewire("inspect", "--repair", path)
    let isCounted = repaired.text.contains(": \(walk.received) received,")
    #expect(repaired.exitCode == 0 && isCounted, "cut at \(cut): \(repaired)")
    let sentence = torn > 0 ? "torn at byte \(walk.end): the last \(torn) bytes" : "every entry is whole"
    #expect(repaired.text.contains(sentence), "cut at \(cut): \(repaired.text)")
    let after = try replay([path], ["--to", "ndjson:-", "--strict"])
    let isSame = after.ended.exitCode == 0 && after.ended.output == before.ended.output
    #expect(isSame, "cut at \(cut): \(after.ended)")
    found.whole += walk.received
    found.mostTorn = max(found.mostTorn, torn)
    unsafe unlink(path)
  }

  /// Rows of a file, and what follows the last line feed.
  private func rows(_ bytes: [UInt8]) -> (count: Int, torn: Int) {
    (bytes.count { $0 == 0x0A }, bytes.count - ((bytes.lastIndex(of: 0x0A) ?? -1) + 1))
  }

  @Test(
    "files of rows keep a beginning of what they would have held, under a temporary name",
    arguments: ["csv", "ndjson"])
  func rowFiles(scheme: String) throws {
    let source = try source(2)
    let target = { (i: Int) in scheme == "csv" ? folder.file("out-\(i)") : folder.file("out-\(i)/rows.ndjson") }
    let name = scheme == "csv" ? "Quote.csv" : "rows.ndjson"
    let reference = try replay([source], ["--to", "\(scheme):\(target(-1))"])
    #expect(reference.ended.exitCode == 0, "\(reference.ended)")
    let whole = try #require(Places.read(folder.file("out--1/" + name)))
    var random = SeededRandom(seed: 102)
    let cuts = (0..<Self.kills).map { _ in Int.random(in: 1..<whole.count, using: &random) }
    var found = Found()
    try killed(
      cuts.map { Faults().cut(at: $0, path: name) },
      { i in ["replay", source, "--to", "\(scheme):\(target(i))"] },
      judge: { i in
        let names = Places.names(in: folder.file("out-\(i)"))
        #expect(names.allSatisfy { $0.contains(".tmp-") }, "\(names)")
        let left = try #require(names.first { $0.hasPrefix(name) })
        let bytes = Places.read(folder.file("out-\(i)/\(left)")) ?? []
        let isBeginning = bytes.count == cuts[i] && whole.starts(with: bytes)
        #expect(isBeginning, "cut at \(cuts[i])")
        let kept = rows(bytes)
        found.kills += 1
        found.whole += kept.count
        found.missing += rows(whole).count - kept.count
        found.mostTorn = max(found.mostTorn, kept.torn)
      })
    found.say("\(scheme.uppercased())")
  }

  @Test("rotated files that are complete stay whole, the one under way is a beginning, and every row stands once")
  func rotation() throws {
    let source = try source(3)
    let sink = { (i: Int) in "ndjson:\(folder.file("out-\(i)/rows.ndjson"))?rotate-bytes=64K&ring=256" }
    let calls = folder.file("calls")
    let reference = try start(
      ["replay", source, "--to", sink(-1)], environment: Faults().count(into: calls, path: "/rows-").environment
    ).wait()
    #expect(reference.exitCode == 0, "\(reference)")
    let whole = try joined(folder.file("out--1"))
    #expect(Places.names(in: folder.file("out--1")).count > 2)
    // Blocks end where the worker finds no more, which differs from run to run: a part of the calls is there always.
    let text = String(decoding: Places.read(calls) ?? [], as: UTF8.self)
    let most = (Int(text.dropLast()) ?? 0) / 2
    try #require(most > 5)
    var random = SeededRandom(seed: 103)
    let rules = (0..<Self.kills).map { i in
      let number = 2 + Int.random(in: 0..<most, using: &random)
      return Faults().kill("any", on: number, after: i.isMultiple(of: 2), path: "/rows-")
    }
    var found = Found()
    try killed(
      rules, { i in ["replay", source, "--to", sink(i)] },
      judge: { i in
        let kept = try joined(folder.file("out-\(i)"))
        let isBeginning = whole.starts(with: kept)
        #expect(isBeginning, "\(rules[i].rules)")
        let names = Places.names(in: folder.file("out-\(i)"))
        #expect(names.count { $0.contains(".tmp-") } <= 1, "\(names)")
        for complete in names where !complete.contains(".tmp-") {
          let last = Places.read(folder.file("out-\(i)/\(complete)"))?.last
          #expect(last == 0x0A, "\(complete)")
        }
        found.kills += 1
        found.whole += rows(kept).count
        found.missing += rows(whole).count - rows(kept).count
        found.mostTorn = max(found.mostTorn, rows(kept).torn)
      })
    found.say("rotated files")
  }

  /// The files of a series in their order, the unfinished one last.
  private func joined(_ path: String) throws -> [UInt8] {
    let names = Places.names(in: path)
    let complete = names.filter { !$0.contains(".tmp-") }
    for (i, name) in complete.enumerated() {
      let digits = String(i + 1)
      #expect(name == "rows-\(String(repeating: "0", count: 6 - digits.count))\(digits).ndjson")
    }
    return (complete + names.filter { $0.contains(".tmp-") }).flatMap { Places.read(path + "/" + $0) ?? [] }
  }
}
