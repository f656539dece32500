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

/// Whole runs: replay at full speed, live ingest from our own server over loopback.
enum RunSuite {
  static var all: [Benchmark] {
    [
      replay("null", "mix"), replay("csv", "mix, files"), replay("ndjson", "mix, a file"),
      replay("arrow", "mix, files"), replay("parquet", "mix, files"),
      live("ingest/plain", "mix over loopback, ws, to null:", isSecure: false),
      live("ingest/tls", "mix over loopback, wss (TLS 1.3), to null:", isSecure: true),
    ]
  }

  /// Kinds of sinks that replays are measured with.
  static let replays = ["null", "csv", "ndjson", "arrow", "parquet"]

  static func hooks() throws -> RunHooks { RunHooks(attention: try Wakeup()) }

  private static func replay(_ kind: String, _ input: String) -> Benchmark {
    Benchmark("replay/\(kind)", input: input) { size in
      try replay(MarketInput(MarketInput.mix, size), to: kind)
    }
  }

  /// - Parameter kind: one of `replays`.
  static func replay(_ market: MarketInput, to kind: String) throws -> Work {
    let folder = try TemporaryPlace()
    let out = try TemporaryPlace()
    try market.write(to: folder.file("in.qwr"))
    var settings = ReplaySettings(files: [folder.file("in.qwr")])
    let sink =
      switch kind {
      case "csv", "arrow", "parquet": kind + ":" + out.path + "/" + kind
      case "ndjson": "ndjson:" + out.file("out.ndjson")
      default: kind + ":"
      }
    settings.run.sinks = [try SinkSpec(parsing: sink)]
    settings.run.force = true
    return market.work(market.units, expectedDigest: market.digest) { [settings] in
      let outcome = try ReplayRun.run(settings, hooks())
      return try withExtendedLifetime((folder, out)) { try digest(outcome) }
    }
  }

  static func digest(_ outcome: RunOutcome) throws -> UInt64 {
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
      try market.write(to: path)
      if isSecure { try Loopback.makeCertificates(folder.path) }
      var configuration = Loopback.configuration(.recording(path: path, speed: .max, isLooped: false))
      if isSecure {
        configuration.certificateFile = folder.file("server.pem")
        configuration.keyFile = folder.file("server.key")
      }
      let tls = isSecure ? try TLSContext.client(trust: .file(folder.file("ca.pem"))) : nil
      return market.work(market.units, expectedDigest: market.digest) { [configuration] in
        try withExtendedLifetime(folder) { try digest(Loopback.ingest(configuration, tls: tls)) }
      }
    }
  }

  /// A recording over loopback, as fast as it goes; the CPU time is that of client and server.
  static func liveFigures(_ path: String) throws -> Throughput.Figures {
    let feed = ServerConfiguration.Feed.recording(path: path, speed: .max, isLooped: false)
    let outcome = try Loopback.ingest(Loopback.configuration(feed))
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
}
