import TestSupport
import Testing

@Suite("Candles", .tags(.system))
struct CandlesTests {
  let folder = TemporaryFolder()

  /// Simulated time begins at 2026-03-02T14:30Z; hours do not end while a test runs.
  private static let startMillis = 1_772_461_800_000
  private static let hourMillis = 3_600_000

  private func server(_ spec: String, _ more: [String] = []) throws -> FeedServer {
    try FeedServer(["--history", spec] + more)
  }

  private func candles(_ server: FeedServer, _ words: [String], _ code: Int32 = 0) throws -> Program.Ended {
    let ended = try start(["candles", "--url", server.url, "--from", "2020-01-01"] + words).wait()
    try #require(ended.exitCode == code, "\(ended)")
    return ended
  }

  /// The rows of a file without receive times, each as one text.
  private func rows(_ name: String) throws -> [String] {
    try JSONLines.objects(file: folder.file(name)).map { row in
      row.filter { $0.key != "receivedNanos" }.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
    }
  }

  private func symbolsFile(_ count: Int) throws -> String {
    let path = folder.file("symbols.txt")
    try write((0..<count).map { "SYM\($0){=h}\n" }.joined(), to: path)
    return path
  }

  @Test("every symbol's bars come whole, sorted and once; with a connection lost in mid-snapshot the file is equal")
  func whole() throws {
    let list = try symbolsFile(25)
    let spec = "seed=5,rows=300,updates=1"
    let plain = try candles(
      try server(spec), ["--symbols-file", list, "--to", folder.file("whole.ndjson"), "--lanes", "2"])
    #expect(plain.errors.contains("7500 bars of 25 symbols: 25 complete, 0 cut off, 0 empty, 0 incomplete"))
    let objects = try JSONLines.objects(file: folder.file("whole.ndjson"))
    let symbols = (0..<25).map { "SYM\($0){=h}" }.sorted()
    let newest = Self.startMillis / Self.hourMillis * Self.hourMillis
    try #require(objects.count == 300 * 25)
    for (i, row) in objects.enumerated() {
      #expect(row["eventSymbol"] as? String == symbols[i / 300] && row["eventFlags"] as? Int == 0)
      #expect(row["time"] as? Int == newest - (299 - i % 300) * Self.hourMillis)
    }
    let broken = try candles(
      try server(spec, ["--fault", "drop-tcp=after:30,once"]),
      ["--symbols-file", list, "--to", folder.file("broken.ndjson"), "--stats", folder.file("broken.json")])
    #expect(broken.errors.contains("25 complete"))
    #expect(try Figures(file: folder.file("broken.json")).gaps == 1)
    #expect(try rows("broken.ndjson") == rows("whole.ndjson"))
  }

  @Test("cut off, empty and incomplete symbols are told, and only what is whole is in the file")
  func states() throws {
    let cut = try candles(
      try server("rows=20,older=snip,empty=IBM"), ["AAPL{=1h}", "IBM{=h}", "--to", folder.file("cut.ndjson")])
    #expect(cut.errors.contains("1 complete") == false && cut.errors.contains("1 cut off, 1 empty, 0 incomplete"))
    #expect(cut.errors.contains("cut off (the feed has no older bars): AAPL{=h}"))
    #expect(try rows("cut.ndjson").count == 20)
    // Nobody has bars of an option's expiration here: silence.
    let silent = try candles(
      try server("rows=20"),
      ["AAPL{=h}", "AAPL{=o}", "MSFT{=h}", "--within", "10", "--to", folder.file("silent.ndjson")], 4)
    #expect(silent.errors.contains("2 complete, 0 cut off, 0 empty, 1 incomplete"))
    #expect(silent.errors.contains("incomplete (not in the file): AAPL{=o}"))
    #expect(try rows("silent.ndjson").count == 40)
  }

  @Test("each format has the same bars", arguments: ["csv", "arrow", "parquet"])
  func formats(ending: String) throws {
    let server = try server("rows=30,updates=1")
    _ = try candles(server, ["AAPL{=h}", "MSFT{=d}", "--to", folder.file("a.ndjson")])
    _ = try candles(server, ["AAPL{=h}", "MSFT{=d}", "--to", folder.file("a." + ending)])
    let bytes = try #require(Places.read(folder.file("a." + ending)))
    #expect(bytes.count > 1000)
    if ending == "parquet" { return #expect(bytes.starts(with: Array("PAR1".utf8))) }
    let back = try start(["convert", folder.file("a." + ending), folder.file("b.ndjson")]).wait()
    try #require(back.exitCode == 0, "\(back)")
    #expect(try rows("b.ndjson") == rows("a.ndjson"))
  }

  @Test("with --follow finished bars go on coming, ascending and without a hole, through a loss too")
  func follow() throws {
    _ = try candles(
      try server("rows=50,speed=10", ["--fault", "drop-tcp=after:60,once"]),
      [
        "AAPL{=s}", "MSFT{=s}", "--follow", "--for", "8", "--to", folder.file("live.ndjson"), "--stats",
        folder.file("live.json"),
      ])
    #expect(try Figures(file: folder.file("live.json")).gaps == 1)
    var times: [String: [Int]] = [:]
    for row in try JSONLines.objects(file: folder.file("live.ndjson")) {
      times[row["eventSymbol"] as? String ?? "", default: []].append(row["time"] as? Int ?? 0)
    }
    #expect(times.keys.sorted() == ["AAPL{=s}", "MSFT{=s}"])
    for (symbol, times) in times {
      #expect(times.count > 70, "\(symbol)")
      #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 1000 }, "\(symbol): \(times)")
    }
  }

  @Test(
    "what is no candle symbol is refused with what to write instead",
    arguments: [
      ("AAPL", "it has no period"), ("AAPL{=5q}", "a period is"), ("AAPL{=5m,price=x}", "price is last"),
      ("AAPL{=5m", "} is missing"),
    ])
  func refusals(symbol: String, reason: String) throws {
    for words in [["candles", symbol, "--from", "2026-01-02"], ["ingest", "--types", "Candle", "--symbols", symbol]] {
      let ended = try start(words).wait()
      #expect(ended.exitCode == 2 && ended.errors.contains(reason), "\(ended)")
    }
  }
}
