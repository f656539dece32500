import BenchmarkKit
import IO
import JSON
import Market

/// The stages over the recordings that the project keeps: a burst, a quiet hour, options, candles, hostile frames. Each
/// is small and fits the cache; the benchmarks on `mix` are larger.
enum RecordingsSuite {
  static let names = ["opening-burst", "quiet-hour", "options-greeks", "candles", "hostile"]

  static var all: [Benchmark] { names.flatMap(benchmarks) }

  private static func benchmarks(_ name: String) -> [Benchmark] {
    func one(
      _ stage: String, allocations: Int? = nil, _ prepare: @escaping @Sendable (MarketInput) throws -> Work
    ) -> Benchmark {
      Benchmark(
        "\(stage)@\(name)", input: "recordings/\(name).qwr", allocations: allocations, timeShare: 0.15
      ) { _ in try prepare(MarketInput(recording: name)) }
    }
    let replays = RunSuite.replays.map { kind in
      one("replay/\(kind)") { market in try RunSuite.replay(market, to: kind) }
    }
    return [
      one("websocket/decode", allocations: 0) { market in
        let stream = FrameSuite.stream(market)
        return market.work(market.units) { try FrameSuite.decode(stream) }
      },
      one("json/index", allocations: 0) { market in
        let index = IndexMemory(market.payloads)
        return market.work(market.units) { index.pass(market.payloads) }
      },
      one("decode/compact", allocations: name == "hostile" ? nil : 0) { market in
        let loop = try DecodeLoop(market, takesRefusals: name == "hostile")
        var units = market.dataUnits
        units.events = loop.eventCount
        return market.work(units) { try loop.pass(market) }
      },
      one("encode/csv", allocations: 0) { try FormatSuite.csv($0) },
      one("encode/ndjson", allocations: 0) { try FormatSuite.ndjson($0) },
      one("recording/append", allocations: 0) { market in
        let loop = AppendLoop()
        return market.work(market.units) { try loop.pass(market) }
      },
      one("recording/read") { market in market.work(market.units) { try RecordingSuite.read(market) } },
    ] + replays
  }
}

extension MarketInput {
  /// One of the recordings that the project keeps.
  convenience init(recording name: String) throws {
    let folder = Place.root + "/recordings/"
    guard File.exists(folder + name + ".qwr") else {
      throw BenchmarkError.skipped("there is no \(folder)\(name).qwr; run this in the package's folder")
    }
    try self.init(
      file: try File.contents(of: folder + name + ".qwr", limitBytes: 64 << 20), named: "recordings/\(name).qwr",
      digest: Self.digest(of: name + ".qwr", manifest: folder + "manifest.json"))
  }

  /// What the manifest says that a replay's digest is.
  private static func digest(of file: String, manifest: String) throws -> String {
    let bytes = try File.contents(of: manifest, limitBytes: 1 << 20)
    var scanner = Scanner()
    var found = ""
    try scanner.scanCopy(unsafe bytes.span.bytes) { cursor throws(JSONError) in
      try cursor.enterArray()
      while try cursor.nextElement() {
        var name = ""
        var digest = ""
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
          switch key.string {
          case "file": name = try cursor.readString().string
          case "digest": digest = try cursor.readString().string
          default: try cursor.skipValue()
          }
        }
        if name == file { found = digest }
      }
    }
    return found
  }
}
