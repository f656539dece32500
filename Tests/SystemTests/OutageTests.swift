import Glibc
import TestSupport
import Testing

@Suite("A client whose server dies", .tags(.system, .slow))
struct OutageTests {
  let folder = TemporaryFolder()

  private static let outages = 10
  private static let lanes = 3
  /// The lanes' back-off, in seconds: doubling from the first to the longest, less up to half.
  private static let firstBackOff = 0.25
  private static let longestBackOff = 30.0

  @Test("again and again, on three lanes, is back within its back-off and marks each of the thirty losses everywhere")
  func restarts() throws {
    let market = ["--generate", "seed=11,symbols=30,rate=1500"]
    var server = try FeedServer(market)
    let port = server.port
    let session = folder.file("session.qwr")
    let rows = folder.file("live.ndjson")
    let stats = folder.file("stats.json")
    let client = try start([
      "ingest", "--url", server.url, "--symbols-file", try symbolsFile(), "--lanes", "\(Self.lanes)",
      "--record", session, "--to", "ndjson:" + rows, "--to", "csv:" + folder.file("live"),
      "--to", "null:?policy=drop&ring=64",
      "--stats", stats, "--interval", "0.1",
    ])
    try waitForLanes(client, losses: 0)
    for outage in 1...Self.outages {
      // A connection counts as healthy, and clears the back-off, when it lived for a second.
      usleep(1_100_000)
      try server.kill()
      try waitUntil("losses of outage \(outage): \(client.errorsSoFar)") {
        losses(client.errorsSoFar) == outage * Self.lanes
      }
      server = try FeedServer(market + ["--port", port])
      try waitForLanes(client, losses: outage * Self.lanes)
    }
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    try judgeBackOff(ended.errors)
    let lost = Self.outages * Self.lanes
    let figures = try Figures(file: stats)
    #expect(figures.gaps == lost && figures.reconnects >= lost && figures.isBalanced && figures.events > 0)
    let gaps = JSONLines.gapLines(Places.read(rows) ?? [])
    #expect(gaps.count == lost)
    let gapRows = String(decoding: Places.read(folder.file("live/gaps.csv")) ?? [], as: UTF8.self)
    #expect(gapRows.split(separator: "\n").count == lost + 1)
    let inspected = try quotewire("inspect", session)
    #expect(inspected.exitCode == 0 && inspected.text.contains(", \(lost) gaps,"), "\(inspected.text)")
    #expect(inspected.lines.count { $0.hasPrefix("gap ") } == lost)
    try judgeReplay(session, figures, gaps, gapRows)
  }

  /// The replay: the same events of each symbol, and the same marks.
  private func judgeReplay(_ session: String, _ figures: Figures, _ gaps: [String], _ gapRows: String) throws {
    let again = try replay([session], ["--to", "ndjson:-", "--to", "csv:" + folder.file("replayed")])
    #expect(again.figures.digest == figures.digest && again.figures.events == figures.events)
    #expect(again.figures.gaps == figures.gaps && again.figures.eventsByType == figures.eventsByType)
    // Lanes reach a sink in no defined order among each other.
    #expect(JSONLines.gapLines(again.ended.output).sorted() == gaps.sorted())
    let replayed = String(decoding: Places.read(folder.file("replayed/gaps.csv")) ?? [], as: UTF8.self)
    #expect(replayed.split(separator: "\n").sorted() == gapRows.split(separator: "\n").sorted())
  }

  private func symbolsFile() throws -> String {
    // The generator's own symbols, of a recording with the same seed.
    let sample = folder.file("sample.qwr")
    _ = try quotewire("generate", "seed=11,symbols=30,rate=3000,duration=2s", sample)
    var symbols = Set<String>()
    for row in try JSONLines.objects(try replay([sample], ["--to", "ndjson:-"]).ended.output) {
      if let symbol = row["eventSymbol"] as? String { symbols.insert(symbol) }
    }
    guard symbols.count >= 20 else { throw Trouble("only \(symbols.count) symbols") }
    let file = folder.file("symbols.txt")
    try write(symbols.sorted().joined(separator: "\n"), to: file)
    return file
  }

  /// First losses: lines about attempts that never stood follow them and are no losses.
  private func losses(_ errors: String) -> Int {
    errors.split(separator: "\n").count { $0.contains("connecting again in") && !$0.contains("cannot connect") }
  }

  private func waitForLanes(_ client: Program, losses expected: Int) throws {
    try waitUntil("all lanes stream: \(client.errorsSoFar)", limitSeconds: 60) {
      if client.hasEnded { throw Trouble("the client ended: \(try client.wait())") }
      let lines = client.errorsSoFar.split(separator: "\n")
      let last = lines.last { $0.contains("lanes streaming") || $0.contains("connecting again in") }
      guard let last else { return false }
      return last.contains("\(Self.lanes)/\(Self.lanes) lanes streaming") && losses(client.errorsSoFar) == expected
    }
  }

  /// Each wait that was announced lies within the limits of its attempt.
  private func judgeBackOff(_ errors: String) throws {
    var waits = 0
    for line in errors.split(separator: "\n") {
      guard let range = line.firstRange(of: "connecting again in ") else { continue }
      let words = line[range.upperBound...].split(separator: " ")
      let seconds = try #require(Double(words[0]), "\(line)")
      let attempt = try #require(Int(words[3].dropLast()), "\(line)")
      let full = min(Self.longestBackOff, Self.firstBackOff * Double(1 << (attempt - 1)))
      #expect(seconds <= full + 0.01 && seconds >= full / 2 - 0.01, "\(line)")
      waits += 1
    }
    #expect(waits >= Self.outages * Self.lanes)
  }

  @Test("for good gives up after the attempts it was allowed, with exit code 1 and a gap to the end")
  func forGood() throws {
    let server = try FeedServer(["--generate", "seed=12,symbols=10,rate=500"])
    let stats = folder.file("stats.json")
    let rows = folder.file("live.ndjson")
    let session = folder.file("session.qwr")
    let client = try start([
      "ingest", "--url", server.url, "--symbols", "*", "--reconnect", "2", "--stats", stats, "--to", "ndjson:" + rows,
      "--record", session,
    ])
    try waitUntil("the recording grows") { (Places.read(session)?.count ?? 0) > 20_000 }
    try server.kill()
    let ended = try client.wait()
    #expect(ended.exitCode == 1 && ended.errors.contains("cannot connect to 127.0.0.1"), "\(ended)")
    let figures = try Figures(file: stats)
    #expect(figures.gaps == 1 && figures.reconnects == 2 && figures.isBalanced)
    #expect(JSONLines.gapLines(Places.read(rows) ?? []).count == 1)
    let again = try replay([session], ["--to", "ndjson:-"])
    #expect(again.figures.gaps == 1 && sameBytes(again.ended.output, file: rows))
  }
}
