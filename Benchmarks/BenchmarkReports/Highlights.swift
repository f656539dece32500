import BenchmarkKit

/// One page in plain words, for people who do not read tables.
package enum Highlights {
  package static func text(_ report: Report) -> String {
    let now = report.now
    var lines: [String] = []
    if let headline = report.headline, let frames = headline.framesPerSecond {
      lines += ["quotewire handles \(words(frames)) market data frames a second.", ""]
      if let events = headline.eventsPerSecond, let cpu = headline.framesPerCPUSecond {
        lines += [
          "A frame is one message of the exchange feed. That is \(words(events)) price events a second,",
          "and \(Show.fixed(1e6 / cpu, 2)) seconds of processor time for a million frames (\(headline.name)).", "",
        ]
      }
    }
    for name in ["ingest/plain", "ingest/tls"] {
      if let rate = now.benchmark(name)?.framesPerSecond {
        let way = name == "ingest/tls" ? "an encrypted" : "a plain"
        lines.append("* Live, over \(way) connection on this machine: \(words(rate)) frames a second.")
      }
    }
    if let latency = calm(now), let middle = latency.nanos(50), let late = latency.nanos(99) {
      lines.append(
        "* At \(words(latency.ratePerSecond)) events a second, half of them are through (\(latency.name)) within "
          + "\(Show.nanos(Double(middle)));")
      lines.append("  99 of 100 within \(Show.nanos(Double(late))).")
    }
    if let story = CollectStory(now), let cached = story.steps.last, let parallel = story.steps.dropLast().last {
      lines.append(
        "* A look at 507 symbols takes \(Show.nanos(parallel.nanos)) from a feed that answers each after 50 ms, and "
          + "\(Show.nanos(cached.nanos)) when it was asked before.")
    }
    let counted = now.benchmarks.filter { $0.allocations != nil && $0.samples.count > 1 }
    let free = counted.count { $0.allocations?.count == 0 }
    if !counted.isEmpty {
      lines.append("* \(free) of \(counted.count) measured steps ask for no new memory at all while they work.")
    }
    if let base = report.base {
      lines += ["", "Compared with \(base.name) of \(base.dateText.prefix(10)): \(report.verdictCounts)."]
    }
    let e = now.environment
    lines += [
      "", "Measured \(now.dateText.prefix(10)) on \(e.cpuModel), \(e.cores) cores, \(e.system).",
      "\(now.settings.samples) samples of each of \(now.benchmarks.count) benchmarks; details are in report.html.",
    ]
    for caution in report.cautions { lines.append("Please note: \(caution)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The first way at the highest rate that was kept up.
  static func calm(_ run: RunResult) -> LatencyFigures? {
    run.benchmarks.flatMap { $0.latency.prefix(1) }.filter { !isSaturated($0) }
      .max { $0.ratePerSecond < $1.ratePerSecond }
  }

  /// Whether less arrived than was sent, by more than 2 %.
  static func isSaturated(_ figures: LatencyFigures) -> Bool {
    figures.achievedPerSecond < figures.ratePerSecond * 0.98
  }

  /// `1.23 million`, `412 thousand`.
  static func words(_ value: Double) -> String {
    func figures(_ x: Double) -> String { Show.fixed(x, x < 10 ? 2 : x < 100 ? 1 : 0) }
    if value >= 1e9 { return figures(value / 1e9) + " billion" }
    if value >= 1e6 { return figures(value / 1e6) + " million" }
    if value >= 1e3 { return figures(value / 1e3) + " thousand" }
    return Show.fixed(value, 0)
  }
}
