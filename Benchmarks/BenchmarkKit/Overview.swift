/// The tables of a run.
package enum Overview {
  /// Throughput: frames a second first, CPU seconds beside it.
  package static func table(_ results: [BenchmarkResult]) -> Table {
    var table = Table([
      ("throughput", .left), ("frames/s", .right), ("CPU s/M frames", .right), ("events/s", .right), ("MB/s", .right),
      ("items/s", .right), ("ns/event", .right), ("allocations", .right),
    ])
    for result in results {
      table.append([
        result.name, Show.count(result.framesPerSecond),
        result.framesPerCPUSecond.map { Show.fixed(1e6 / $0, 3) } ?? "", Show.count(result.eventsPerSecond),
        Show.count(result.megabytesPerSecond), Show.count(result.itemsPerSecond),
        result.nanosPerEvent.map { Show.fixed($0, 1) } ?? "", result.allocations.map { "\($0.count)" } ?? "",
      ])
    }
    return table
  }

  /// The times of an iteration with their spread. Outliers are mild + severe ones of Tukey.
  package static func times(_ results: [BenchmarkResult]) -> Table {
    var table = Table([
      ("time of one iteration", .left), ("median", .right), ("95 % interval", .right), ("mean", .right),
      ("deviation", .right), ("MAD", .right), ("p95", .right), ("p99", .right), ("samples", .right),
      ("outliers", .right),
    ])
    for result in results where result.samples.count > 1 {
      let d = result.description
      let interval = Bootstrap(resamples: 2000).interval(.median, of: result.nanosPerIteration)
      let outliers = OutlierCounts(result.nanosPerIteration)
      let share = { (value: Double) in d.median > 0 ? "±" + Show.fixed(value / d.median * 100, 1) + " %" : "" }
      table.append([
        result.name, Show.nanos(d.median), "\(Show.nanos(interval.low)) … \(Show.nanos(interval.high))",
        Show.nanos(d.mean), share(d.standardDeviation), share(d.medianAbsoluteDeviation), Show.nanos(d.p95),
        Show.nanos(d.p99), "\(d.count)", "\(outliers.mild) + \(outliers.severe)",
      ])
    }
    return table
  }

  /// Percentiles of all ways and rates; nil where nothing of that kind was measured.
  package static func latency(_ results: [BenchmarkResult]) -> Table? {
    let measured = results.filter { !$0.latency.isEmpty }
    if measured.isEmpty { return nil }
    var table = Table(
      [("benchmark", .left), ("way", .left), ("events/s", .right), ("achieved", .right), ("count", .right)]
        + LatencyPoint.standard.map { ($0 == 100 ? "max" : "p" + LatencyPoint(percentile: $0, nanos: 0).key, .right) })
    for result in measured {
      for figures in result.latency {
        let cells = [
          result.name, figures.name, Show.count(figures.ratePerSecond), Show.count(figures.achievedPerSecond),
          "\(figures.count)",
        ]
        table.append(
          cells + LatencyPoint.standard.map { figures.nanos($0).map { Show.nanos(Double($0)) } ?? "" })
      }
    }
    return table
  }

  /// Allocations and resident memory.
  package static func memory(_ results: [BenchmarkResult]) -> Table {
    var table = Table([
      ("benchmark", .left), ("allocs", .right), ("bytes", .right), ("allocs/s", .right), ("bytes/s", .right),
      ("peak resident", .right), ("resident over time", .left),
    ])
    for result in results {
      table.append([
        result.name, result.allocations.map { "\($0.count)" } ?? "",
        result.allocations.map { Show.bytes($0.bytes) } ?? "", Show.count(result.allocationsPerSecond),
        Show.count(result.allocatedBytesPerSecond), Show.bytes(result.peakResidentBytes),
        result.memory.map { "\($0.name) \(Show.bytes($0.residentBytes))" }.joined(separator: ", "),
      ])
    }
    return table
  }

  /// What was measured on, in lines.
  package static func environment(_ run: RunResult) -> [String] {
    let e = run.environment
    let commit = e.commit.isEmpty ? "unknown commit" : String(e.commit.prefix(12)) + (e.isTreeDirty ? " + changes" : "")
    return [
      "\(run.dateText), \(commit), Swift \(e.swiftVersion), \(e.buildMode) build"
        + (e.buildFlags.isEmpty ? "" : " " + e.buildFlags),
      "machine \(e.machine): \(e.cpuModel), \(e.cores) cores, \(Show.bytes(e.memoryBytes)), \(e.system), "
        + "\(e.kernel) \(e.architecture)"
        + (e.governor.isEmpty ? ", governor not readable" : ", governor \(e.governor)"),
      "load \(e.loadBefore) before, \(e.loadAfter) after, steal \(Show.fixed(e.stealShare * 100, 2)) %",
      "warm-up \(run.settings.warmUpSeconds) s, measuring \(run.settings.measureSeconds) s, "
        + "\(run.settings.samples) samples a benchmark",
    ]
  }

  /// Medians of all kept runs, a column each.
  package static func history(_ runs: [RunResult], filter: String) -> Table {
    let ordered = runs.sorted { $0.startedAt < $1.startedAt }
    var names: [String] = []
    for run in ordered {
      for b in run.benchmarks where !names.contains(b.name) && (filter.isEmpty || b.name.contains(filter)) {
        names.append(b.name)
      }
    }
    var table = Table(
      [("benchmark", .left)] + ordered.map { ("\($0.dateText.prefix(10)) \($0.name)", .right) })
    for name in names {
      table.append([name] + ordered.map { $0.benchmark(name).map { Show.nanos($0.description.median) } ?? "" })
    }
    return table
  }
}
