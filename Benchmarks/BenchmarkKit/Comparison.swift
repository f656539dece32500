/// One benchmark in two runs. For a look: two runs after one another know nothing of each other's slow phases, so this
/// says what differs and does not gate.
package struct Comparison: Hashable, Sendable {
  package let name: String
  package let base: BenchmarkResult
  package let now: BenchmarkResult
  package let medianRatio: Double
  package let medianInterval: Interval
  package let p95Ratio: Double
  package let p95Interval: Interval

  /// Changes smaller than this are called noise, whatever their interval says.
  package static var noiseThreshold: Double { 0.02 }

  /// With fewer samples there is no verdict.
  package static var leastSamples: Int { 5 }

  package enum Verdict: String, Sendable {
    case slower, faster
    case noise = "within noise"
    /// The two did not do the same work.
    case incomparable = "other work"
    /// Measurements that are taken once, such as latencies at a rate, say nothing about their own spread.
    case fewSamples = "too few samples"
  }

  package init(_ base: BenchmarkResult, _ now: BenchmarkResult, bootstrap: Bootstrap = Bootstrap()) {
    name = now.name
    self.base = base
    self.now = now
    let (a, b) = (base.nanosPerIteration, now.nanosPerIteration)
    let (da, db) = (Description(a), Description(b))
    medianRatio = da.median > 0 ? db.median / da.median : 1
    p95Ratio = da.p95 > 0 ? db.p95 / da.p95 : 1
    medianInterval = bootstrap.ratioInterval(.median, from: a, to: b)
    p95Interval = bootstrap.ratioInterval(.p95, from: a, to: b)
  }

  package var verdict: Verdict {
    if base.digest != now.digest || base.units != now.units { return .incomparable }
    if min(base.samples.count, now.samples.count) < Self.leastSamples { return .fewSamples }
    if medianInterval.low > 1, medianRatio > 1 + Self.noiseThreshold { return .slower }
    if medianInterval.high < 1, medianRatio < 1 - Self.noiseThreshold { return .faster }
    return .noise
  }

  /// Benchmarks that both runs have, in the order of the later one.
  package static func all(_ base: RunResult, _ now: RunResult, bootstrap: Bootstrap = Bootstrap()) -> [Comparison] {
    now.benchmarks.compactMap { b in base.benchmark(b.name).map { Comparison($0, b, bootstrap: bootstrap) } }
  }

  /// What makes the two runs hard to compare, in sentences.
  package static func warnings(_ base: RunResult, _ now: RunResult) -> [String] {
    var warnings: [String] = []
    let (a, b) = (base.environment, now.environment)
    if !a.isSameMachine(as: b) {
      warnings.append(
        "THESE ARE DIFFERENT MACHINES: \(a.machine) (\(a.cpuModel), \(a.cores) cores) and "
          + "\(b.machine) (\(b.cpuModel), \(b.cores) cores). The ratios say little about the program.")
    }
    if a.buildMode != b.buildMode {
      warnings.append("DIFFERENT BUILDS: \(a.buildMode) and \(b.buildMode). The ratios say nothing.")
    }
    if a.swiftVersion != b.swiftVersion {
      warnings.append("different compilers: Swift \(a.swiftVersion) and \(b.swiftVersion).")
    }
    return warnings
  }

  package static func table(_ comparisons: [Comparison]) -> Table {
    var table = Table([
      ("benchmark", .left), ("base", .right), ("now", .right), ("median", .right), ("95 % interval", .right),
      ("p95", .right), ("verdict", .left),
    ])
    for c in comparisons {
      table.append([
        c.name, Show.nanos(c.base.description.median), Show.nanos(c.now.description.median),
        Show.change(c.medianRatio),
        "\(Show.change(c.medianInterval.low)) … \(Show.change(c.medianInterval.high))", Show.change(c.p95Ratio),
        c.verdict.rawValue,
      ])
    }
    return table
  }
}
