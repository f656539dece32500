import BenchmarkKit

/// For engineers: what changed, figures, environment, how to repeat it.
package enum MarkdownReport {
  package static func text(_ report: Report) -> String {
    let now = report.now
    var out = "# Benchmarks: \(now.name)\n\n\(now.dateText), commit \(now.environment.commit.prefix(12))"
    out += ", machine \(now.environment.machine).\n\n"
    for caution in report.cautions { out += "> **Caution.** \(caution)\n\n" }
    if let headline = report.headline {
      out += "**\(Show.count(headline.framesPerSecond)) frames/s** (`\(headline.name)`: \(headline.input)).\n\n"
    }
    out += changes(report)
    out += "## Throughput\n\n" + Overview.table(now.benchmarks).markdown + "\n"
    out += "## Times\n\n" + Overview.times(now.benchmarks).markdown + "\n"
    out += "Outliers are mild + severe ones by Tukey's fences; they stay in the sample.\n\n"
    if let latency = Overview.latency(now.benchmarks) { out += "## Latency, open loop\n\n" + latency.markdown + "\n" }
    out += StoryTable.all(now).map(\.markdown).joined()
    out += "## Memory and allocations\n\n" + Overview.memory(now.benchmarks).markdown + "\n"
    if report.history.count > 1 {
      out += "## History of the medians\n\n" + Overview.history(report.history, filter: "").markdown + "\n"
    }
    var environment = Table([("environment", .left), ("value", .left)])
    for (name, value) in report.environment { environment.append([name, value]) }
    out += "## Environment\n\n" + environment.markdown + "\n"
    if let flamegraph = report.flamegraph { out += "[Flamegraph](\(flamegraph))\n\n" }
    return out + "## How to repeat it\n\n```sh\n" + report.commands.joined(separator: "\n") + "\n```\n"
  }

  private static func changes(_ report: Report) -> String {
    guard let base = report.base else { return "" }
    var out = "## What changed\n\nAgainst `\(base.name)` (\(base.dateText), "
    out += "commit \(base.environment.commit.prefix(12)), "
    out += "machine \(base.environment.machine)): \(report.verdictCounts).\n\n"
    var table = Table([
      ("benchmark", .left), ("baseline", .right), ("now", .right), ("change of the time", .right),
      ("95 % interval", .right), ("verdict", .left),
    ])
    for c in report.comparisons where c.verdict != .fewSamples {
      table.append([
        c.name, Show.nanos(c.base.description.median), Show.nanos(c.now.description.median),
        Show.change(c.medianRatio),
        "\(Show.change(c.medianInterval.low)) … \(Show.change(c.medianInterval.high))", c.verdict.rawValue,
      ])
    }
    out += table.markdown + "\nMedians of one iteration. Less is faster. The two runs were not interleaved: "
    out += "`tools/bench-ab` judges a change, this table describes it.\n\n"
    if !report.added.isEmpty { out += "New: \(report.added.joined(separator: ", ")).\n\n" }
    if !report.removed.isEmpty { out += "Gone: \(report.removed.joined(separator: ", ")).\n\n" }
    return out
  }
}
