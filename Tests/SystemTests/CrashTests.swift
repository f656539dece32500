import Glibc
import TestSupport
import Testing

@Suite("A recording that a crash cut off", .tags(.system, .slow))
struct CrashTests {
  let folder = TemporaryFolder()

  /// Programs that run, and are killed, at the same time.
  private static let atOnce = 5
  private static let rounds = 10
  /// A recording's header in bytes; a file that is shorter says nothing yet.
  private static let headerBytes = 64
  /// More than a session without events takes in a recording.
  private static let bytesWithEvents = 16 << 10

  private struct Victim {
    let program: Program
    let recording: String
    let waitMillis: Int
    /// The recording's size from which the wait counts.
    let leastBytes: Int
    var begunAt: Int?
    var isDead = false
  }

  @Test(
    "by SIGKILL at 200 random moments: it opens, lost what was torn at most, is repaired, and begins as the feed did",
    arguments: 1...4)
  func killed(seed: Int) throws {
    let source = folder.file("source.qwr")
    let spec = "seed=\(seed),symbols=50,rate=4000,duration=2s,period=0s,mix=Quote:80/Trade:20"
    let made = try quotewire("generate", spec, source)
    try #require(made.exitCode == 0, "\(made)")
    let whole = withoutTimes(try replay([source], ["--to", "ndjson:-"]).ended.output)
    let server = try FeedServer([source, "--speed", "1"])
    var random = SeededRandom(seed: UInt64(seed))
    var withEvents = 0
    for round in 0..<Self.rounds {
      for (recording, waitMillis) in try killSome(server.url, round, &random) {
        let place: Comment = "seed \(seed), round \(round), killed after \(waitMillis) ms"
        guard let bytes = Places.read(recording), bytes.count >= Self.headerBytes else { continue }
        let before = try replay([recording], ["--to", "ndjson:-"])
        #expect(before.ended.exitCode == 0, "\(place): \(before.ended)")
        let isBeginning = whole.starts(with: withoutTimes(before.ended.output))
        #expect(isBeginning, place)
        if before.figures.events > 0 { withEvents += 1 }
        let repaired = try quotewire("inspect", "--repair", recording)
        #expect(repaired.exitCode == 0, "\(place): \(repaired)")
        let isHonest = repaired.text.contains("not closed") || repaired.text.contains("torn at byte")
        #expect(isHonest && repaired.text.contains("repaired: ends cleanly"), "\(place): \(repaired.text)")
        let inspected = try quotewire("inspect", recording)
        #expect(inspected.exitCode == 0 && inspected.text.contains("state       clean"), "\(place): \(inspected.text)")
        let after = try replay([recording], ["--to", "ndjson:-"])
        let isSame = after.ended.output == before.ended.output && after.figures.digest == before.figures.digest
        #expect(isSame, place)
        #expect(after.ended.errors.isEmpty, "\(place): \(after.ended)")
      }
    }
    #expect(withEvents >= 30, "only \(withEvents) of 50 recordings held events: the moments miss the feed")
  }

  /// Starts some clients, and kills each at its moment after its recording appeared.
  private func killSome(
    _ url: String, _ round: Int, _ random: inout SeededRandom
  ) throws -> [(recording: String, waitMillis: Int)] {
    var victims: [Victim] = []
    for i in 0..<Self.atOnce {
      let recording = folder.file("victim-\(round)-\(i).qwr")
      // Some die before the first events, most behind them, however slow the machine is.
      let isEarly = i == 0
      let waitMillis = Int.random(in: isEarly ? 0...150 : 0...400, using: &random)
      let program = try start(["ingest", "--url", url, "--symbols", "*", "--record", recording])
      victims.append(
        Victim(
          program: program, recording: recording, waitMillis: waitMillis,
          leastBytes: isEarly ? 0 : Self.bytesWithEvents))
    }
    try waitUntil("recordings of clients that start") {
      for i in victims.indices where !victims[i].isDead {
        let hasBegun = (size(victims[i].recording) ?? -1) >= victims[i].leastBytes
        if hasBegun && victims[i].begunAt == nil { victims[i].begunAt = nowMillis() }
        guard let since = victims[i].begunAt, nowMillis() - since >= victims[i].waitMillis else { continue }
        let ended = try victims[i].program.kill()
        #expect(ended.signal == SIGKILL, "it had ended before: \(ended)")
        victims[i].isDead = true
      }
      return victims.allSatisfy { $0.isDead }
    }
    return victims.map { ($0.recording, $0.waitMillis) }
  }

  private func size(_ path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_size : nil
  }

  private func nowMillis() -> Int {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }

  @Test("at any byte of its last entries loses the torn one alone, and is repaired")
  func everyByte() throws {
    let text = folder.file("frames.txt")
    let frames = 6
    try write((1...frames).map { "\($0)\t{\"type\":\"KEEPALIVE\",\"channel\":\($0)}\n" }.joined(), to: text)
    let whole = folder.file("whole.qwr")
    #expect(try quotewire("convert", text, whole).exitCode == 0)
    let bytes = try #require(Places.read(whole))
    // Where each payload ends, found by its text.
    let ends = (1...frames).map { number in
      let payload = Array("{\"type\":\"KEEPALIVE\",\"channel\":\(number)}".utf8)
      return (0...bytes.count - payload.count).first { bytes[$0..<$0 + payload.count].elementsEqual(payload) }
        .map { $0 + payload.count } ?? 0
    }
    var last = frames
    for cut in stride(from: bytes.count - 1, through: ends[frames - 3], by: -1) {
      let torn = folder.file("torn.qwr")
      try write(Array(bytes[..<cut]), to: torn)
      let repaired = try quotewire("inspect", "--repair", torn)
      #expect(repaired.exitCode == 0 && repaired.text.contains("repaired: "), "cut at \(cut): \(repaired)")
      guard let kept = (0...frames).first(where: { repaired.text.contains(": \($0) received,") }) else {
        Issue.record("cut at \(cut): \(repaired.text)")
        continue
      }
      // Entries are padded, so an entry may be whole a few bytes behind its payload.
      let most = ends.count { $0 <= cut }
      #expect(kept == most || kept == most - 1, "cut at \(cut): \(kept) of \(most) entries")
      #expect(kept <= last, "cut at \(cut): \(kept) entries, at a later cut \(last)")
      last = kept
      if cut % 8 != 0 { continue }
      let again = try replay([torn])
      #expect(again.ended.exitCode == 0 && again.ended.errors.isEmpty, "cut at \(cut): \(again.ended)")
      #expect(again.figures.messages == kept, "cut at \(cut)")
    }
    #expect(last <= frames - 2)
  }
}
