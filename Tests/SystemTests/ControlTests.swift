import Glibc
import TestSupport
import Testing

@Suite("A run that is controlled", .tags(.system))
struct ControlTests {
  let folder = TemporaryFolder()

  private static let market = ["--generate", "seed=5,symbols=20,rate=4000"]

  /// An ingest with a control socket.
  private struct Run {
    let program: Program
    let socket: String

    func ctl(_ words: String...) throws -> (exitCode: Int32?, answer: [String: Any], errors: String) {
      let ended = try start(["ctl", "--ctl", socket] + words).wait()
      let answer = try JSONLines.objects(ended.output).first ?? [:]
      return (ended.exitCode, answer, ended.errors)
    }

    /// Has it end, and checks that this is no interruption.
    func stop() throws -> Program.Ended {
      let told = try ctl("stop")
      #expect(told.exitCode == 0 && told.answer["ok"] as? Bool == true)
      let ended = try program.wait(limitSeconds: 30)
      #expect(ended.exitCode == 0, "\(ended)")
      #expect(unsafe access(socket, F_OK) != 0, "the socket is left behind")
      return ended
    }
  }

  private func run(
    _ server: FeedServer, _ arguments: [String], environment: [String: String] = [:], output: String? = nil
  ) throws -> Run {
    let socket = folder.file("ctl.sock")
    let program = try start(
      ["ingest", "--url", server.url, "--ctl", socket] + arguments, environment: environment, outputFile: output)
    let run = Run(program: program, socket: socket)
    try waitUntil("the run takes commands: \(program.errorsSoFar)") {
      if program.hasEnded { throw Trouble("it ended: \(try program.wait())") }
      guard unsafe access(socket, F_OK) == 0 else { return false }
      let stats = try run.ctl("stats")
      let lanes = stats.answer["lanes"] as? [[String: Any]]
      return lanes?.allSatisfy { $0["state"] as? String == "streaming" } == true
    }
    return run
  }

  private func count(_ symbol: String, in file: String) -> Int {
    let text = String(decoding: Places.read(file) ?? [], as: UTF8.self)
    return text.split(separator: "\n").count { $0.contains("\"eventSymbol\":\"\(symbol)\"") }
  }

  private func symbols(_ run: Run) throws -> [String: [String]] {
    try run.ctl("list").answer["symbols"] as? [String: [String]] ?? [:]
  }

  @Test("added symbols send events, removed ones send no more, and the list says which there are")
  func symbols() throws {
    let rows = folder.file("rows")
    let server = try FeedServer(Self.market)
    let run = try run(server, ["--symbols", "AAPL", "--types", "Quote,Trade", "--to", "ndjson:-"], output: rows)
    #expect(try symbols(run) == ["Quote": ["AAPL"], "Trade": ["AAPL"]])
    #expect(count("MSFT", in: rows) == 0)
    let added = try run.ctl("add", "MSFT,AAPL")
    #expect(added.exitCode == 0 && added.answer["topics"] as? Int == 2 && added.answer["already"] as? Int == 2)
    try waitUntil("events of MSFT") { count("MSFT", in: rows) > 20 }
    #expect(try run.ctl("add", "SPY", "Quote").answer["topics"] as? Int == 1)
    try waitUntil("events of SPY") { count("SPY", in: rows) > 5 }
    #expect(try symbols(run) == ["Quote": ["AAPL", "MSFT", "SPY"], "Trade": ["AAPL", "MSFT"]])
    let removed = try run.ctl("remove", "MSFT,NONE")
    #expect(removed.answer["topics"] as? Int == 2 && removed.answer["unknown"] as? Int == 1)
    func more(_ events: Int) throws {
      let before = count("AAPL", in: rows)
      try waitUntil("more events of AAPL") { count("AAPL", in: rows) >= before + events }
    }
    try more(50)
    let last = count("MSFT", in: rows)
    try more(100)
    #expect(count("MSFT", in: rows) == last)
    #expect(try symbols(run) == ["Quote": ["AAPL", "SPY"], "Trade": ["AAPL"]])
    _ = try run.stop()
  }

  @Test("statistics are JSON whose lanes add up, and no sink has more than was decoded")
  func statistics() throws {
    let file = folder.file("stats.json")
    let server = try FeedServer(Self.market)
    let run = try run(
      server,
      [
        "--symbols", "AAPL,MSFT,SPY,QQQ", "--lanes", "2", "--to", "csv:" + folder.file("out"), "--to", "null:",
        "--record", folder.file("a.qwr"), "--stats", file,
      ])
    try waitUntil("events") { try run.ctl("stats").answer["events"] as? Int ?? 0 > 100 }
    let stats = try run.ctl("stats").answer
    let lanes = try #require(stats["lanes"] as? [[String: Any]])
    let sinks = try #require(stats["sinks"] as? [[String: Any]])
    for name in ["frames", "bytes", "events", "malformed", "gaps", "reconnects"] {
      #expect(lanes.reduce(0) { $0 + ($1[name] as? Int ?? -1) } == stats[name] as? Int, "\(name)")
    }
    #expect(lanes.count == 2 && sinks.map { $0["sink"] as? String } == ["csv:" + folder.file("out"), "null:"])
    let topics = lanes.compactMap { $0["topics"] as? [String: Int] }
    #expect(topics.reduce(0) { $0 + ($1["wanted"] ?? 0) } == 8)
    for sink in sinks {
      #expect(sink["written"] as? Int ?? .max <= sink["accepted"] as? Int ?? -1, "\(sink)")
      #expect(sink["dropped"] as? Int == 0)
    }
    #expect((stats["recording"] as? [String: Int])?["offered"] ?? 0 > 0)
    _ = try run.stop()
    let figures = try Figures(file: file)
    #expect(figures.isWhole && figures.events >= stats["events"] as? Int ?? .max)
  }

  @Test("rotate completes the files and goes on in new ones; together they hold every event, once")
  func rotate() throws {
    let stats = folder.file("stats.json")
    let server = try FeedServer(Self.market)
    let sinks = ["csv:" + folder.file("csv"), "ndjson:" + folder.file("rows.ndjson"), "parquet:" + folder.file("pq")]
    let run = try run(
      server,
      ["--symbols", "*", "--stats", stats, "--to", "null:", "--record", folder.file("a.qwr")]
        + sinks.flatMap { ["--to", $0] })
    var files: Set<String> = []
    for _ in 0..<3 {
      let before = try run.ctl("stats").answer["events"] as? Int ?? 0
      try waitUntil("more events") { try run.ctl("stats").answer["events"] as? Int ?? 0 > before + 500 }
      let rotated = try run.ctl("rotate")
      #expect(rotated.exitCode == 0, "\(rotated)")
      let rows = try #require(rotated.answer["sinks"] as? [[String: Any]])
      #expect(rows.map { $0["rotated"] as? Bool } == [false, true, true, true, false], "\(rows)")
      let names = rows.flatMap { $0["files"] as? [String] ?? [] }
      for name in names { #expect(Places.read(name) != nil && files.insert(name).inserted, "\(name)") }
      #expect(names.count >= 3)
    }
    let alone = try run.ctl("rotate", sinks[1])
    #expect((alone.answer["sinks"] as? [[String: Any]])?.count == 1)
    let wrong = try run.ctl("rotate", "nul:")
    #expect(wrong.exitCode == 1 && (wrong.answer["error"] as? String)?.contains("did you mean 'null:'") == true)
    #expect(try run.ctl("rotate", "null:").exitCode == 1)
    _ = try run.stop()
    let figures = try Figures(file: stats)
    #expect(figures.isWhole)
    func lines(_ folder: String, _ ending: String, header: Int) -> Int {
      Places.names(in: folder).filter { $0.hasSuffix(ending) }.reduce(0) { sum, name in
        sum + (Places.read(folder + "/" + name) ?? []).count { $0 == 0x0A } - header
      }
    }
    #expect(lines(folder.path, ".ndjson", header: 0) == figures.events)
    #expect(lines(folder.file("csv"), ".csv", header: 1) == figures.events)
    let parquet = Places.names(in: folder.file("pq"))
    #expect(parquet.contains("Quote.parquet") && parquet.contains("Quote-000002.parquet"))
    #expect(parquet.allSatisfy { $0.hasSuffix(".parquet") }, "\(parquet)")
    #expect(try quotewire("inspect", folder.file("a.qwr")).exitCode == 0)
  }

  @Test("reload, by command and by SIGHUP, applies the difference of the symbols and tells what needs a restart")
  func reload() throws {
    func write(_ name: String, _ text: String) throws {
      guard let file = unsafe fopen(folder.file(name), "w") else { throw Trouble("cannot write \(name)") }
      unsafe fputs(text, file)
      unsafe fclose(file)
    }
    let list = folder.file("symbols.txt")
    try write("symbols.txt", "AAPL\nMSFT\n")
    try write("q.toml", "[ingest]\nsymbols-file = '\(list)'\ntypes = ['Quote']\nkeepalive = 30\n")
    let run = try run(try FeedServer(Self.market), ["--config", folder.file("q.toml")])
    #expect(try run.ctl("add", "SPY").exitCode == 0)
    try write("symbols.txt", "AAPL\nQQQ\n")
    try write("q.toml", "[ingest]\nsymbols-file = '\(list)'\ntypes = ['Quote']\nkeepalive = 20\n")
    let reloaded = try run.ctl("reload").answer
    #expect(reloaded["added"] as? Int == 1 && reloaded["removed"] as? Int == 1, "\(reloaded)")
    let restart = reloaded["restart"] as? [[String: Any]]
    #expect(restart?.count == 1 && restart?.first?["setting"] as? String == "keepalive")
    #expect(restart?.first?["running"] as? String == "30" && restart?.first?["new"] as? String == "20")
    #expect(try symbols(run) == ["Quote": ["AAPL", "QQQ", "SPY"]], "what was added by hand stays")
    try write("symbols.txt", "IBM\n")
    run.program.send(SIGHUP)
    try waitUntil("the reload by SIGHUP: \(run.program.errorsSoFar)") { try symbols(run) == ["Quote": ["IBM", "SPY"]] }
    try waitUntil("its sentence") {
      let sentence = "reloaded: 1 topics added, 2 removed; only a restart applies what changed of keepalive"
      return run.program.errorsSoFar.contains(sentence)
    }
    try write("q.toml", "[ingest]\nsymbols-fil = 'x'\n")
    let wrong = try run.ctl("reload")
    #expect(wrong.exitCode == 1 && (wrong.answer["error"] as? String)?.contains("symbols-file") == true, "\(wrong)")
    #expect(try symbols(run) == ["Quote": ["IBM", "SPY"]], "a file that is wrong changes nothing")
    _ = try run.stop()
  }

  @Test("the socket is its owner's alone; another run is refused it, and takes it over from one that was killed")
  func socket() throws {
    let server = try FeedServer(Self.market)
    let first = try run(server, ["--symbols", "AAPL"])
    var status = stat()
    #expect(unsafe stat(first.socket, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let second = try start(["ingest", "--url", server.url, "--symbols", "AAPL", "--ctl", first.socket]).wait()
    #expect(second.exitCode == 1 && second.errors.contains("another process listens there"), "\(second)")
    #expect(try first.ctl("list").exitCode == 0)
    try first.program.kill()
    #expect(unsafe access(first.socket, F_OK) == 0)
    let nobody = try first.ctl("list")
    #expect(nobody.exitCode == 1 && nobody.errors.contains("nobody listens there"), "\(nobody)")
    let third = try run(server, ["--symbols", "MSFT"])
    #expect(try symbols(third)["Quote"] == ["MSFT"])
    _ = try third.stop()
  }

  @Test("words that are no command end with code 2 and the nearest word, and need no run")
  func words() throws {
    for (words, hint) in [(["ad", "AAPL"], "did you mean 'add'?"), (["add", "A", "Quot"], "did you mean Quote?")] {
      let ended = try start(["ctl", "--ctl", folder.file("none")] + words).wait()
      #expect(ended.exitCode == 2 && ended.errors.contains(hint) && ended.output.isEmpty, "\(ended)")
    }
    let auto = try quotewire("ctl", "list", environment: ["XDG_RUNTIME_DIR": folder.path])
    #expect(auto.exitCode == 1 && auto.errors.contains("\(folder.path)/quotewire.sock"), "\(auto)")
    #expect(try quotewire("ctl", "help").text.contains("remove SYMBOLS [TYPES]"))
  }
}
