import Glibc
import TestSupport
import Testing

/// A client that is left alone while its server comes and goes. `tools/soak 600` runs it for ten minutes with the
/// release build; in the test command it takes 15 seconds.
@Suite("A client left alone with a server that restarts and wants fresh tokens", .tags(.system, .slow))
struct SoakTests {
  let folder = TemporaryFolder()

  private static let seconds: Int = {
    guard let text = unsafe getenv("QUOTEWIRE_SOAK_SECONDS") else { return 15 }
    return unsafe max(10, Int(String(cString: text)) ?? 15)
  }()
  private static var restartSeconds: Int { seconds >= 60 ? 20 : 5 }
  private static let symbols = 20_000
  private static let lanes = 2
  private static let rate = 4000
  /// What memory may grow by in the second half of the run.
  private static let growthBytes = 16 << 20
  /// At most: what a recording may hold back while its disk is slow (256 MiB), and as much again as is usual beside it.
  private static let mostBytes = (256 + 128) << 20

  /// What /proc says about a program.
  private struct Sample {
    var residentBytes = 0
    var descriptors = 0
    var threads = 0

    init(_ pid: pid_t) {
      descriptors = Places.names(in: "/proc/\(pid)/fd").count
      for line in String(decoding: Places.read("/proc/\(pid)/status") ?? [], as: UTF8.self).split(separator: "\n") {
        let words = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
        if words.first == "VmRSS" { residentBytes = (Int(words[1]) ?? 0) << 10 }
        if words.first == "Threads" { threads = Int(words[1]) ?? 0 }
      }
    }
  }

  @Test("loses nothing but what the gaps say, and its memory, descriptors and threads stay flat")
  func soak() throws {
    let symbolsFile = try self.symbolsFile()
    let tokenFile = folder.file("token")
    let market = ["--generate", "seed=61,symbols=\(Self.symbols),rate=\(Self.rate),zipf=0,mix=Quote:80/Trade:20"]
    var generation = 1
    /// Each server wants a token of its own, and a fresh one after its tenth message.
    func serve(_ port: String) throws -> FeedServer {
      try write("token-\(generation)", to: tokenFile)
      return try FeedServer(
        market + ["--port", port, "--token-env", "FEED_TOKEN", "--fault", "unauthorized-late=after:10"],
        environment: ["FEED_TOKEN": "token-\(generation)"])
    }
    var server = try serve("0")
    let port = server.port
    let rows = folder.file("rows")
    let client = try start([
      "ingest", "--url", server.url, "--symbols-file", symbolsFile, "--lanes", "\(Self.lanes)",
      "--token-file", tokenFile, "--record", folder.file("session.qwr"), "--stats", folder.file("stats.json"),
      "--interval", "0.5",
      "--to", "ndjson:\(rows)/rows.ndjson?policy=spill&spill-bytes=64M&rotate-bytes=4M",
      "--to", "csv:\(rows)/csv?policy=drop&rotate-bytes=2M", "--to", "null:",
    ])
    try waitUntil("lanes stream: \(client.errorsSoFar)") { streams(client) }
    var counted = RowCount(folder: rows)
    let begin = Sample(client.pid)
    var samples: [Sample] = []
    var visitor: Program?
    var visits = 0
    for second in 1...Self.seconds {
      usleep(1_000_000)
      if client.hasEnded { throw Trouble("the client ended: \(try client.wait())") }
      samples.append(Sample(client.pid))
      counted.takeComplete()
      if second % Self.restartSeconds == 0 && second + 4 < Self.seconds {
        try server.kill()
        generation += 1
        server = try serve(port)
      }
      if visitor == nil || visitor?.hasEnded == true {
        // Other clients come, with other subscriptions each time, and go.
        visits += 1
        visitor = try start(
          ["ingest", "--url", server.url, "--symbols-file", symbolsFile, "--types", visits % 2 == 0 ? "Quote" : "all",
            "--token-file", tokenFile, "--for", "2", "--limit", "\(500 * visits)", "--reconnect", "0"])
      }
    }
    try waitUntil("lanes stream at the end: \(client.errorsSoFar.suffix(2000))", limitSeconds: 60) { streams(client) }
    let end = Sample(client.pid)
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    counted.takeComplete()
    let figures = try Figures(file: folder.file("stats.json"))
    say(figures, begin, end, samples, restarts: generation - 1, visits: visits, counted: counted)
    try judge(figures, begin, end, samples, restarts: generation - 1, counted, ended)
  }

  private func judge(
    _ figures: Figures, _ begin: Sample, _ end: Sample, _ samples: [Sample], restarts: Int, _ counted: RowCount,
    _ ended: Program.Ended
  ) throws {
    #expect(figures.isBalanced, "\(figures.brokenIdentities)")
    #expect(figures.events > (Sanitizer.isThere ? 0 : Self.seconds * Self.rate / 4) && figures.rows.malformed == 0)
    #expect(figures.gaps == restarts * Self.lanes && figures.recording.lost == 0)
    #expect(ended.errors.contains("the server wants a fresh token"))
    for (name, sink) in figures.sinks where name != "null:" {
      #expect(counted.rows[name.hasPrefix("csv:") ? "csv" : "ndjson"] == sink.written, "\(name)")
    }
    try judge([folder.file("session.qwr")], again: figures)
    if !Sanitizer.isThere { judgeGrowth(figures, begin, end, samples) }
  }

  private func judgeGrowth(_ figures: Figures, _ begin: Sample, _ end: Sample, _ samples: [Sample]) {
    // The first half opens each file that there will be: the one of the gaps comes with the first restart.
    let (first, second) = (samples.prefix(samples.count / 2), samples.suffix(samples.count / 2) + [end])
    for figure in [\Sample.descriptors, \Sample.threads] {
      #expect(second.map { $0[keyPath: figure] }.max() ?? 0 <= first.map { $0[keyPath: figure] }.max() ?? 0)
    }
    #expect(end.threads == begin.threads)
    let half = samples[samples.count / 2].residentBytes
    #expect(end.residentBytes <= half + Self.growthBytes && figures.peakResidentBytes < Self.mostBytes)
  }

  private func judge(_ recording: [String], again figures: Figures) throws {
    let again = try replay(recording)
    #expect(again.figures.digest == figures.digest && again.figures.events == figures.events)
    #expect(again.figures.gaps == figures.gaps)
  }

  private func say(
    _ figures: Figures, _ begin: Sample, _ end: Sample, _ samples: [Sample], restarts: Int, visits: Int,
    counted: RowCount
  ) {
    func row(_ name: String, _ value: String) { print("| \(name) | \(value) |") }
    row("soak", "\(Self.seconds) s, \(restarts) server restarts, \(Self.symbols) symbols, \(visits) other clients")
    row("---", "---")
    row("events in", "\(figures.events) (\(figures.rows.seen) rows, \(figures.network.bytes) bytes)")
    for (name, sink) in figures.sinks.sorted(by: { $0.key < $1.key }) {
      let scheme = name.split(separator: ":")[0]
      let files = counted.rows[String(scheme)].map { ", \($0) rows counted in the files" } ?? ""
      row("events out, \(scheme)", "\(sink.written) (\(sink.dropped) dropped, \(sink.spilled) spilled\(files))")
    }
    row("entries recorded", "\(figures.recording.entries) of \(figures.recording.offered)")
    row("gaps, reconnects", "\(figures.gaps), \(figures.reconnects)")
    let megabytes = { (bytes: Int) in "\(bytes / 100_000 / 10).\(bytes / 100_000 % 10) MB" }
    row(
      "memory at start, half, end, peak",
      [begin.residentBytes, samples[samples.count / 2].residentBytes, end.residentBytes, figures.peakResidentBytes]
        .map(megabytes).joined(separator: ", "))
    let half = samples[samples.count / 2]
    let descriptors = [begin, half, end].map { "\($0.descriptors)" } + ["\(samples.map(\.descriptors).max() ?? 0)"]
    row("descriptors at start, half, end, most", descriptors.joined(separator: ", "))
    let threads = [begin, half, end].map { "\($0.threads)" } + ["\(samples.map(\.threads).max() ?? 0)"]
    row("threads at start, half, end, most", threads.joined(separator: ", "))
  }

  private func streams(_ client: Program) -> Bool {
    let lines = client.errorsSoFar.split(separator: "\n")
    let last = lines.last { $0.contains("lanes streaming") || $0.contains("connecting again in") }
    return last?.contains("\(Self.lanes)/\(Self.lanes) lanes streaming") == true
  }

  /// Every symbol of the market, one a line.
  private func symbolsFile() throws -> String {
    let sample = folder.file("sample.qwr")
    let spec = "seed=61,symbols=\(Self.symbols),rate=100000,zipf=0,mix=Quote:1,duration=3s"
    let made = try quotewire("generate", spec, sample)
    let out = folder.file("sample")
    guard made.exitCode == 0, try replay([sample], ["--to", "csv:" + out]).ended.exitCode == 0 else {
      throw Trouble("no sample of the market: \(made)")
    }
    var symbols = Set<[UInt8]>()
    for line in (Places.read(out + "/Quote.csv") ?? []).split(separator: 0x0A).dropFirst() {
      symbols.insert(Array(line.prefix { $0 != UInt8(ascii: ",") }))
    }
    guard symbols.count > Self.symbols * 9 / 10 else { throw Trouble("only \(symbols.count) symbols") }
    let file = folder.file("symbols.txt")
    try write(Array(symbols.joined(separator: [0x0A])), to: file)
    return file
  }
}

/// Rows of the files that a run completes while it goes on, which are removed as they are counted.
private struct RowCount {
  let folder: String
  private(set) var rows = ["csv": 0, "ndjson": 0]

  init(folder: String) { self.folder = folder }

  mutating func takeComplete() {
    for (scheme, place, headers) in [("ndjson", folder, 0), ("csv", folder + "/csv", 1)] {
      for name in Places.names(in: place) where name.contains("-0") && !name.contains(".tmp-") {
        let isGap = name.hasPrefix("gaps-")
        let path = place + "/" + name
        guard let bytes = Places.read(path), !isGap else { continue }
        // A gap mark is a line of NDJSON and no event.
        let lines = JSONLines.lineCount(bytes)
        rows[scheme, default: 0] += lines - headers - (scheme == "ndjson" ? JSONLines.gapLines(bytes).count : 0)
        unsafe unlink(path)
      }
    }
  }
}
