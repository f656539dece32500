import TestSupport
import Testing

@Suite("Load: bursts, slow disks and clocks that jump", .tags(.system), Faults.needed)
struct LoadTests {
  let folder = TemporaryFolder()

  /// A feed that brings ten times its rate in the first tenth of the time.
  private func burst() throws -> (server: FeedServer, whole: Figures, rows: [UInt8]) {
    let source = folder.file("source.qwr")
    let spec = "seed=71,symbols=200,rate=6000,duration=3s,burst=10,mix=Quote:80/Trade:20"
    let made = try quotewire("generate", spec, source)
    guard made.exitCode == 0 else { throw Trouble("\(made)") }
    let whole = try replay([source], ["--to", "ndjson:-"])
    return (try FeedServer([source, "--speed", "1"]), whole.figures, whole.ended.output)
  }

  @Test("under a burst, with a disk that is too slow, every policy takes all of the feed and accounts for each event")
  func policies() throws {
    let (server, whole, rows) = try burst()
    let stats = folder.file("stats")
    let names = ["wait", "drop", "conflate", "spill"]
    let sinks = names.flatMap { ["--to", "ndjson:\(folder.file("slow/\($0)"))?policy=\($0)&ring=128"] }
    let ended = try start(
      ["ingest", "--url", server.url, "--symbols", "*", "--stats", stats, "--to", "null:"] + sinks,
      environment: Faults().slow("write", millis: 60, path: "/slow/").environment
    ).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    let figures = try Figures(file: stats)
    #expect(figures.isBalanced && figures.gaps == 0 && figures.reconnects == 0, "\(figures.brokenIdentities)")
    #expect(figures.events == whole.events && figures.digest == whole.digest)
    for name in names {
      let sink = try #require(figures.sinks["ndjson:" + folder.file("slow/" + name)])
      #expect((Places.read(folder.file("slow/" + name)) ?? []).count { $0 == 0x0A } == sink.written, "\(name)")
      // A lane that had waited for the disk would have dropped and spilled nothing.
      #expect((sink.dropped > 0) == (name == "drop" || name == "conflate"), "\(name): \(sink)")
      #expect((sink.spilled > 0) == (name == "spill"), "\(name): \(sink)")
    }
    for name in ["wait", "spill"] {
      #expect(withoutTimes(Places.read(folder.file("slow/" + name)) ?? []) == withoutTimes(rows), "\(name)")
    }
  }

  @Test("a disk that stands still stops the socket under wait alone", arguments: ["drop", "conflate", "spill"])
  func standstill(policy: String) throws {
    let (server, whole, _) = try burst()
    let stats = folder.file("stats")
    let out = folder.file("still")
    // Full for two seconds, during which most of the feed arrives.
    let ended = try start(
      [
        "ingest", "--url", server.url, "--symbols", "*", "--stats", stats, "--to",
        "ndjson:\(out)?policy=\(policy)&ring=64",
      ], environment: Faults().full(after: 1000, times: 8, path: "/still").environment
    ).wait()
    #expect(ended.exitCode == 0 && ended.errors.contains("writing goes on"), "\(ended)")
    let figures = try Figures(file: stats)
    let sink = try #require(figures.sinks.values.first)
    #expect(figures.isBalanced && figures.events == whole.events && figures.gaps == 0)
    #expect(policy == "spill" ? sink.spilled > whole.events / 4 && sink.dropped == 0 : sink.dropped > whole.events / 4)
  }

  @Test("a wall clock that jumps by an hour, ahead and back, changes no event, no gap and no reading of the recording")
  func clock() throws {
    let (server, whole, rows) = try burst()
    let session = folder.file("session.qwr")
    let stats = folder.file("stats")
    let ended = try start(
      [
        "ingest", "--url", server.url, "--symbols", "*", "--keepalive", "1", "--record", session, "--stats", stats,
        "--to", "ndjson:" + folder.file("rows?rotate-seconds=1"),
      ], environment: Faults().jump(seconds: 3600, everyMillis: 200).environment
    ).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    let figures = try Figures(file: stats)
    #expect(figures.isWhole && figures.digest == whole.digest && figures.reconnects == 0)
    let names = Places.names(in: folder.path).filter { $0.hasPrefix("rows-") }
    // Rotation goes by the monotonic clock: a jump neither begins nor prevents a file.
    #expect((2...8).contains(names.count), "\(names)")
    let live = names.flatMap { Places.read(folder.file($0)) ?? [] }
    #expect(withoutTimes(live) == withoutTimes(rows))
    let again = try replay([session], ["--to", "ndjson:-"])
    #expect(again.figures.isWhole && again.figures.digest == figures.digest && again.ended.output == live)
    let times = Set(again.ended.lines.compactMap { line in
      line.firstRange(of: "\"receivedNanos\":").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
        .map { $0 / 1_800_000_000_000 }
    })
    #expect(times.count >= 3, "the clock did jump: \(times)")
    let inspected = try quotewire("inspect", session)
    #expect(inspected.exitCode == 0 && inspected.text.contains("state       clean"), "\(inspected.text)")
    // Paced by the monotonic times of the recording: hours of the wall clock do not count.
    #expect(try replay([session], ["--speed", "4"]).figures.digest == figures.digest)
  }
}
