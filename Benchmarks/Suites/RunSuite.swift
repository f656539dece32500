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
        let program = try Place.program("quotewire")
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
}
