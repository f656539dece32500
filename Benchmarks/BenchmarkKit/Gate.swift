/// Two versions in several rounds: what became slower or faster, benchmark by benchmark.
package struct Gate: Sendable {
  /// Runs of both versions that were taken in turns.
  package struct Round: Sendable {
    package var base: RunResult
    package var now: RunResult
    package init(base: RunResult, now: RunResult) {
      self.base = base
      self.now = now
    }
  }

  package enum Outcome: Sendable, Hashable {
    case judged(Decision)
    /// The two did not do the same work; what differs.
    case otherWork(String)
    /// Some rounds lack it in one version.
    case missing(String)
  }

  package struct Line: Sendable, Hashable {
    package let name: String
    package let outcome: Outcome
    /// CPU time of an iteration, now by base; 1 where nobody knows.
    package let cpuRatio: Double
  }

  package let lines: [Line]
  /// What makes the versions hard to compare, in sentences.
  package let warnings: [String]

  /// - Precondition: as many rounds as a decision needs.
  package init(_ rounds: [Round], bootstrap: Bootstrap = Bootstrap()) {
    precondition(rounds.count >= Decision.leastRounds)
    var names: [String] = []
    var known = Set<String>()
    for run in rounds.flatMap({ [$0.now, $0.base] }) {
      for benchmark in run.benchmarks where known.insert(benchmark.name).inserted { names.append(benchmark.name) }
    }
    lines = names.map { Self.line($0, rounds, bootstrap) }
    var warnings: [String] = []
    for round in rounds {
      for warning in Comparison.warnings(round.base, round.now) where !warnings.contains(warning) {
        warnings.append(warning)
      }
    }
    self.warnings = warnings
  }

  private static func line(_ name: String, _ rounds: [Round], _ bootstrap: Bootstrap) -> Line {
    let base = rounds.map { $0.base.benchmark(name) }
    let now = rounds.map { $0.now.benchmark(name) }
    for (which, results) in [("base", base), ("now", now)] {
      let count = results.count { $0 != nil }
      if count == 0 { return Line(name: name, outcome: .missing("not in \(which)"), cpuRatio: 1) }
      if count < rounds.count {
        return Line(name: name, outcome: .missing("in \(count) of \(rounds.count) rounds of \(which)"), cpuRatio: 1)
      }
    }
    let (a, b) = (base.compactMap(\.self), now.compactMap(\.self))
    let difference = (a + b).dropFirst().lazy.compactMap { Self.difference(a[0], $0) }.first
    if let difference { return Line(name: name, outcome: .otherWork(difference), cpuRatio: 1) }
    let decision = Decision(
      zip(a, b).map { Decision.Round(base: $0.nanosPerIteration, now: $1.nanosPerIteration) }, bootstrap: bootstrap)
    let cpu = (Description(a.map(\.cpuNanosPerIteration)).median, Description(b.map(\.cpuNanosPerIteration)).median)
    return Line(name: name, outcome: .judged(decision), cpuRatio: cpu.0 > 0 && cpu.1 > 0 ? cpu.1 / cpu.0 : 1)
  }

  private static func difference(_ a: BenchmarkResult, _ b: BenchmarkResult) -> String? {
    if a.units != b.units { return "another amount of work" }
    if a.recordings != b.recordings { return "another input" }
    return a.digest == b.digest ? nil : "another digest"
  }

  private func count(_ verdict: Decision.Verdict) -> Int {
    lines.count { if case .judged(let decision) = $0.outcome { decision.verdict == verdict } else { false } }
  }

  /// A regression outweighs everything; where nothing could be judged the gate failed.
  package var exit: BenchExit {
    if count(.regression) > 0 { return .regression }
    if count(.improvement) > 0 { return .improvement }
    return count(.noChange) > 0 ? .done : .failed
  }

  package var summary: String {
    let judged = count(.regression) + count(.improvement) + count(.noChange)
    return "\(count(.regression)) slower, \(count(.improvement)) faster, \(count(.noChange)) unchanged"
      + (judged < lines.count ? ", \(lines.count - judged) not judged" : "")
  }

  package var table: Table {
    var table = Table([
      ("benchmark", .left), ("base p95", .right), ("now p95", .right), ("change", .right), ("95 % interval", .right),
      ("fastest, each round", .left), ("CPU time", .right), ("disturbed", .right), ("verdict", .left),
    ])
    for line in lines { table.append(Self.cells(line)) }
    return table
  }

  private static func cells(_ line: Line) -> [String] {
    switch line.outcome {
    case .judged(let d):
      let verdict =
        switch d.verdict {
        case .regression: "SLOWER"
        case .improvement: "faster"
        case .noChange: "no change"
        }
      return [
        line.name, Show.nanos(d.p95Base), Show.nanos(d.p95Now), Show.change(d.p95Ratio),
        "\(Show.change(d.p95Interval.low)) … \(Show.change(d.p95Interval.high))",
        d.roundRatios.map { Show.change($0) }.joined(separator: ", "), Show.change(line.cpuRatio),
        "\(d.disturbedBase)+\(d.disturbedNow)", verdict,
      ]
    case .otherWork(let what): return [line.name, "", "", "", "", "", "", "", "other work: \(what)"]
    case .missing(let what): return [line.name, "", "", "", "", "", "", "", "not judged: \(what)"]
    }
  }
}
