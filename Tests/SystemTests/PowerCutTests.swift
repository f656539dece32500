import Glibc
import TestSupport
import Testing

@Suite("A power cut, which takes what was not flushed", .tags(.system, .slow), Faults.needed)
struct PowerCutTests {
  let folder = TemporaryFolder()

  private static let cuts = 40

  /// Runs the program to its end and gives the journal of what it did beneath `place`.
  private func journal(_ place: String, _ arguments: [String]) throws -> PowerCut {
    let file = folder.file("journal")
    let ended = try start(arguments, environment: Faults().journal(into: file, path: place).environment).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    return PowerCut(journal: try #require(Places.read(file)))
  }

  @Test("leaves of a recording all that was flushed; each later entry that is whole comes, and what is lost is told")
  func recording() throws {
    let source = folder.file("source.qwr")
    let spec = "seed=5,symbols=50,rate=3000,duration=3s,period=20ms,mix=Quote:80/Trade:20"
    #expect(try quotewire("generate", spec, source).exitCode == 0)
    let server = try FeedServer([source, "--speed", "1.5"])
    let victim = folder.file("disk/day.qwr")
    let cut = try journal("/disk", [
      "ingest", "--url", server.url, "--symbols", "*", "--record", victim, "--record-sync", "0.3",
    ])
    try #require(cut.count > 20)
    var random = SeededRandom(seed: 301)
    var (damaged, later, absent) = (0, 0, 0)
    for _ in 0..<Self.cuts {
      let end = Int.random(in: 1...cut.count, using: &random)
      guard let left = cut.left(behind: end, &random)[victim] else {
        absent += 1
        // The name and the header are flushed with the first block.
        #expect(end <= 8, "cut behind call \(end) of \(cut.count)")
        continue
      }
      if left.synced < RecordingWalk.headerBytes { continue }
      let found = folder.file("found.qwr")
      try write(left.bytes, to: found)
      let entries = RecordingWalk(left.written).entries
      let whole = entries.filter { entry in
        entry.range.upperBound <= left.bytes.count && left.bytes[entry.range] == left.written[entry.range]
      }
      let received = whole.count { $0.isReceived }
      #expect(received >= entries.count { $0.isReceived && $0.range.upperBound <= left.synced })
      if received > entries.count(where: { $0.isReceived && $0.range.upperBound <= left.synced }) { later += 1 }
      let again = try replay([found])
      #expect(again.ended.exitCode == 0 && again.figures.messages == received, "cut behind call \(end): \(again.ended)")
      #expect(again.figures.malformedMessages == 0 && again.figures.brokenIdentities.isEmpty)
      let inspected = try quotewire("inspect", found)
      #expect(inspected.text.contains(": \(received) received,"), "cut behind call \(end): \(inspected.text)")
      if again.figures.damagedRecordings > 0 {
        damaged += 1
        #expect(inspected.text.contains("damaged from byte") || inspected.text.contains("torn at byte"))
        let strict = try replay([found], ["--strict"])
        #expect(strict.ended.exitCode == 4, "\(strict.ended)")
      }
    }
    #expect(damaged > 5 && later > 5, "\(damaged) damaged, \(later) with more than was flushed, \(absent) absent")
  }

  @Test("leaves under a final name only files that are whole", arguments: ["csv", "ndjson"])
  func rows(scheme: String) throws {
    let source = folder.file("source.qwr")
    let spec = "seed=6,symbols=50,rate=4000,duration=2s,mix=Quote:80/Trade:20"
    #expect(try quotewire("generate", spec, source).exitCode == 0)
    let target = scheme == "csv" ? folder.file("disk") : folder.file("disk/rows.ndjson")
    let cut = try journal("/disk", ["replay", source, "--to", "\(scheme):\(target)?rotate-bytes=100K&ring=512"])
    var random = SeededRandom(seed: 302)
    var finals = 0
    for _ in 0..<Self.cuts * 5 {
      let end = Int.random(in: 1...cut.count, using: &random)
      for (path, left) in cut.left(behind: end, &random) where !path.contains(".tmp-") {
        finals += 1
        let isWhole = left.bytes == Places.read(path)
        #expect(isWhole, "\(path) behind call \(end) of \(cut.count)")
      }
    }
    #expect(finals > 50)
    let all = cut.left(behind: cut.count, &random)
    #expect(Set(all.keys) == Set(Places.names(in: folder.file("disk")).map { folder.file("disk/" + $0) }))
  }
}
