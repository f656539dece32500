import BenchmarkKit
import EndOfDay
import IO
import Ingest

/// The end of a day: a recording into files of each type, bars and a manifest; and finding that nothing is to be done.
enum EndOfDaySuite {
  static var all: [Benchmark] {
    [
      Benchmark("eod/cold", input: "mix, into Parquet files, bars and a manifest, all anew") { size in
        try Day(size).work(isCold: true)
      },
      Benchmark("eod/cached", input: "mix, finished before: recording and files are read and compared") { size in
        let day = try Day(size)
        _ = try day.run(force: true)
        return day.work(isCold: false)
      },
    ]
  }
}

private final class Day {
  private let market: MarketInput
  private let folder: TemporaryPlace
  private var settings: EndOfDaySettings

  init(_ size: InputSize) throws {
    market = try MarketInput(MarketInput.mix, size)
    folder = try TemporaryPlace()
    try market.write(to: folder.file("day.qwr"))
    settings = EndOfDaySettings(recordings: [folder.file("day.qwr")], folder: folder.file("day"))
    settings.jobs = min(Processors.count, EndOfDaySettings.jobsRange.upperBound)
  }

  func work(isCold: Bool) -> Work {
    market.work(market.units) {
      let outcome = try self.run(force: isCold)
      guard outcome.made.isEmpty != isCold else {
        throw BenchmarkError.failed(benchmark: "eod", reason: "\(outcome.made.count) files were made")
      }
      // The bytes of the files depend on the version of libzstd, the figures do not.
      let trades = UInt64(outcome.manifest.ticks?.used ?? 0)
      return UInt64(outcome.manifest.counts.decoded) << 32 | trades
    }
  }

  func run(force: Bool) throws -> EndOfDayOutcome {
    settings.force = force
    return try EndOfDayRun.run(settings, RunSuite.hooks())
  }
}
