import BenchmarkKit
import Bytes
import DXLink
import Glibc
import IO
import Ingest
import Market
import Recording
import Rings
import Simulator
import Sinks

/// Whole runs: replay at full speed, live ingest from our own server over loopback, the start of the program.
enum RunSuite {
  static var all: [Benchmark] {
    [
      replay("replay/null", "mix", ["null:"]),
      replay("replay/csv", "mix, files", ["csv:"]),
      replay("replay/ndjson", "mix, a file", ["ndjson:"]),
      live("ingest/plain", "mix over loopback, ws, to null:", isSecure: false),
      live("ingest/tls", "mix over loopback, wss (TLS 1.3), to null:", isSecure: true),
      Benchmark("cold-start", input: "process start to the first event of a replay") { size in
        let market = try MarketInput("Quote:1", .smoke)
        let folder = try TemporaryPlace()
        try write(market, to: folder.file("in.qwr"))
        let program = try program("quotewire")
        let command = "exec '\(program)' replay '\(folder.file("in.qwr"))' --limit 1 --to null: >/dev/null 2>&1"
        return market.work(Units(items: 1), expectedDigest: 0) {
          withExtendedLifetime(folder) { unsafe UInt64(UInt32(bitPattern: system(command))) }
        }
      },
    ]
  }

  private static func write(_ market: MarketInput, to path: String) throws(IOError) {
    var file = try File(path, .create())
    try unsafe file.write(market.file.all)
    try file.close()
  }

  /// A program that was built beside this one.
  private static func program(_ name: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { b in
      guard let base = b.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/exe", base.assumingMemoryBound(to: CChar.self), b.count)
    }
    let own = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    let path = Directory.parent(of: own) + "/" + name
    guard File.exists(path) else {
      throw BenchmarkError.skipped("\(path) was not built; build everything first (swift build -c release)")
    }
    return path
  }

  private static func hooks() throws -> RunHooks { RunHooks(attention: try Wakeup()) }

  private static func replay(_ name: String, _ input: String, _ sinks: [String]) -> Benchmark {
    Benchmark(name, input: input) { size in
      let market = try MarketInput(MarketInput.mix, size)
      let folder = try TemporaryPlace()
      let out = try TemporaryPlace()
      try write(market, to: folder.file("in.qwr"))
      var settings = ReplaySettings(files: [folder.file("in.qwr")])
      settings.run.sinks = try sinks.map { sink in
        switch sink {
        case "csv:": try SinkSpec(parsing: "csv:" + out.path + "/csv")
        case "ndjson:": try SinkSpec(parsing: "ndjson:" + out.file("out.ndjson"))
        default: try SinkSpec(parsing: sink)
        }
      }
      settings.run.force = true
      return market.work(market.units, expectedDigest: market.digest) { [settings] in
        let outcome = try ReplayRun.run(settings, hooks())
        return try withExtendedLifetime((folder, out)) { try digest(outcome) }
      }
    }
  }

  private static func digest(_ outcome: RunOutcome) throws -> UInt64 {
    if let failure = outcome.failure { throw failure }
    guard outcome.report.isBalanced else { throw BenchmarkError.skipped("a sink's figures do not add up") }
    return UInt64(outcome.report.digest, radix: 16) ?? 0
  }

  // MARK: live

  /// Each iteration starts a server and a client, subscribes to everything and reads to the end of the recording.
  private static func live(_ name: String, _ input: String, isSecure: Bool) -> Benchmark {
    Benchmark(name, input: input) { size in
      let market = try MarketInput(MarketInput.mix, size)
      let folder = try TemporaryPlace()
      let path = folder.file("in.qwr")
      try write(market, to: path)
      if isSecure { try makeCertificates(folder.path) }
      var configuration = ServerConfiguration(feed: .recording(path: path, speed: .max, isLooped: false))
      configuration.limits.settleMillis = 1
      if isSecure {
        configuration.certificateFile = folder.file("server.pem")
        configuration.keyFile = folder.file("server.key")
      }
      let tls = isSecure ? try TLSContext.client(trust: .file(folder.file("ca.pem"))) : nil
      return market.work(market.units, expectedDigest: market.digest) { [configuration] in
        try withExtendedLifetime(folder) { try ingest(configuration, tls) }
      }
    }
  }

  /// A recording over loopback, as fast as it goes; the CPU time is that of client and server.
  static func liveFigures(_ path: String) throws -> Throughput.Figures {
    var configuration = ServerConfiguration(feed: .recording(path: path, speed: .max, isLooped: false))
    configuration.limits.settleMillis = 1
    let outcome = try ingestOutcome(configuration, nil)
    _ = try digest(outcome)
    var figures = Throughput.Figures()
    figures.frames = outcome.report.totals.frames
    figures.events = outcome.report.totals.events
    figures.bytes = outcome.report.totals.bytes
    figures.cpuNanos = Int64(outcome.report.cpuSeconds * 1e9)
    figures.nanos = Int64(outcome.report.seconds * 1e9)
    figures.digest = outcome.report.digest
    return figures
  }

  private static func ingest(_ configuration: ServerConfiguration, _ tls: TLSContext?) throws -> UInt64 {
    try digest(ingestOutcome(configuration, tls))
  }

  private static func ingestOutcome(_ configuration: ServerConfiguration, _ tls: TLSContext?) throws -> RunOutcome {
    let stop = try Wakeup()
    let server = try Server(configuration, stop: stop)
    let url = tls == nil ? "ws://127.0.0.1:\(server.address.port)/" : "wss://localhost:\(server.address.port)/"
    let box = Handover(server)
    let thread = Handover(try WorkerThread("qw-bench-server") {
      var server = box.take()
      // Its end shows on the client's side.
      try? server.run()
    })
    defer {
      stop.signal()
      thread.take().join()
    }
    var lane = LaneSettings(url: try FeedURL(parsing: url))
    lane.tls = tls
    lane.reconnect = .attempts(0)
    lane.session.contract = .auto
    lane.session.fieldLists = FieldLists(.essential)
    lane.subscriptions = EventType.allCases.map { Subscription($0, Subscription.wildcard) }
    var settings = IngestSettings(lane: lane)
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    return try IngestRun.run(settings, hooks())
  }

  private static func makeCertificates(_ folder: String) throws {
    let tool = root + "/tools/make-certificates"
    guard File.exists(tool), unsafe system("'\(tool)' '\(folder)' >/dev/null 2>&1") == 0 else {
      throw BenchmarkError.skipped("tools/make-certificates failed; it needs the openssl command")
    }
  }

  /// The package's folder, by this file's place in it.
  private static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }
}
