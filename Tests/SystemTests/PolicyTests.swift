import TestSupport
import Testing

@Suite("Sinks that cannot keep up with a fast feed", .tags(.system))
struct PolicyTests {
  let folder = TemporaryFolder()

  @Test("drop and conflate count every event that they leave out, wait loses none")
  func policies() throws {
    let server = try FeedServer(["--generate", "seed=31,symbols=40,rate=40000"])
    let session = folder.file("session.qwr")
    let stats = folder.file("stats.json")
    let live = try quotewire(
      "ingest", "--url", server.url, "--symbols", "*", "--for", Sanitizer.isThere ? "20" : "3", "--record", session,
      "--stats", stats,
      "--to", "ndjson:\(folder.file("wait.ndjson"))?policy=wait&ring=16",
      "--to", "ndjson:\(folder.file("drop.ndjson"))?policy=drop&ring=16",
      "--to", "ndjson:\(folder.file("conflate.ndjson"))?policy=conflate&ring=16",
      "--to", "csv:\(folder.file("csv"))?policy=drop&ring=64")
    #expect(live.exitCode == 0, "\(live)")
    let figures = try Figures(file: stats)
    #expect(figures.isBalanced && figures.events > 1000 && figures.rows.decoded == figures.events)
    let all = lines("wait.ndjson")
    for (name, file) in [("wait", "wait.ndjson"), ("drop", "drop.ndjson"), ("conflate", "conflate.ndjson")] {
      let sink = try #require(figures.sinks["ndjson:" + folder.file(file)])
      // On a busy machine the waiting lane may be disconnected: a gap mark is a line and no event.
      #expect(lines(file).count { !$0.hasPrefix("{\"eventType\":\"Gap\"") } == sink.written, "\(name)")
      #expect((sink.dropped == 0) == (name == "wait"), "\(name): \(sink)")
      // What a policy leaves is a part of what came.
      #expect(Set(lines(file)).isSubset(of: Set(all)), "\(name)")
    }
    let rows = ["Quote.csv", "Trade.csv"].reduce(0) { $0 + max(0, lines("csv/" + $1).count - 1) }
    #expect(rows == figures.sinks["csv:" + folder.file("csv")]?.written)
    let again = try replay([session], ["--to", "ndjson:-"])
    #expect(again.figures.digest == figures.digest && again.ended.lines.map { String($0) } == all)
    try judgeConflation(all)
  }

  /// Conflation leaves out old values only: the last one of each type and symbol is there.
  private func judgeConflation(_ all: [String]) throws {
    #expect(newest(lines("conflate.ndjson")) == newest(all))
  }

  private func newest(_ lines: [String]) -> [String: String] {
    var newest: [String: String] = [:]
    for line in lines {
      // {"eventType":"Quote","eventSymbol":"A",… : the first two fields are the key.
      newest[line.split(separator: ",").prefix(2).joined(separator: ",")] = line
    }
    return newest
  }

  private func lines(_ name: String) -> [String] {
    String(decoding: Places.read(folder.file(name)) ?? [], as: UTF8.self).split(separator: "\n").map { String($0) }
  }

  @Test("under --strict, dropped events are exit code 4")
  func strict() throws {
    let server = try FeedServer(["--generate", "seed=32,symbols=40,rate=40000"])
    let live = try quotewire(
      "ingest", "--url", server.url, "--symbols", "*", "--for", "2", "--strict", "--to",
      "ndjson:\(folder.file("drop.ndjson"))?policy=drop&ring=8")
    #expect(live.exitCode == 4 && live.errors.contains("events dropped by ndjson:"), "\(live)")
  }

  @Test("--limit ends the run after exactly that many events in every sink")
  func limit() throws {
    let server = try FeedServer(["--generate", "seed=33,symbols=40,rate=5000"])
    let stats = folder.file("stats.json")
    let live = try quotewire(
      "ingest", "--url", server.url, "--symbols", "*", "--limit", "777", "--stats", stats, "--to",
      "ndjson:" + folder.file("some.ndjson"))
    #expect(live.exitCode == 0, "\(live)")
    #expect(lines("some.ndjson").count == 777)
    let figures = try Figures(file: stats)
    #expect(figures.events == 777 && figures.isWhole)
  }
}
