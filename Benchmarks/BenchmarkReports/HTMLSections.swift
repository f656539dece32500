import BenchmarkKit

/// The parts of the page that hold figures.
enum HTMLSections {
  typealias Section = HTMLReport.Section
  private static func e(_ text: String) -> String { Markup.escaped(text) }

  static func throughput(_ report: Report) -> Section {
    var table = HTMLTable([
      "benchmark", "frames/s", "CPU s/M frames", "events/s", "MB/s", "items/s", "median", "± MAD", "allocations",
    ])
    let measured = report.now.benchmarks.filter { $0.samples.count > 1 }
    for b in measured where !b.name.contains("@") {
      let d = b.description
      table.append([
        "\(e(b.name))<small>\(e(b.input))</small>", Show.count(b.framesPerSecond),
        b.framesPerCPUSecond.map { Show.fixed(1e6 / $0, 3) } ?? "", Show.count(b.eventsPerSecond),
        Show.count(b.megabytesPerSecond), Show.count(b.itemsPerSecond), Show.nanos(d.median),
        d.median > 0 ? Show.fixed(d.medianAbsoluteDeviation / d.median * 100, 1) + " %" : "",
        b.allocations.map { "\($0.count)" } ?? "",
      ])
    }
    var body = "<p>By the median of the samples, in the order in which a frame meets the stages. CPU seconds "
    body += "are those of all threads, for a million frames. Allocations are those of one iteration.</p>" + table.html
    body += recordings(measured)
    return Section(id: "throughput", title: "Throughput", body: body)
  }

  /// Stages by recordings, where there are benchmarks `STAGE@RECORDING`.
  private static func recordings(_ measured: [BenchmarkResult]) -> String {
    var stages: [String] = []
    var names: [String] = []
    for b in measured {
      let parts = b.name.split(separator: "@").map(String.init)
      guard parts.count == 2 else { continue }
      if !stages.contains(parts[0]) { stages.append(parts[0]) }
      if !names.contains(parts[1]) { names.append(parts[1]) }
    }
    if stages.isEmpty { return "" }
    var table = HTMLTable(["frames/s"] + names)
    for stage in stages {
      table.append(
        [e(stage)] + names.map { name in
          Show.count(measured.first { $0.name == "\(stage)@\(name)" }?.framesPerSecond)
        })
    }
    return "<h3>On the kept recordings</h3><p>Frames per second of each stage on each file in "
      + "<code>recordings/</code>. Frames of different recordings differ in size.</p>" + table.html
  }

  static func distributions(_ report: Report) -> Section? {
    let all = report.now.benchmarks.filter { $0.samples.count >= Comparison.leastSamples && !$0.name.contains("@") }
    if all.isEmpty { return nil }
    var body = "<p>Time of one iteration, every sample shown. Outliers lie beyond Tukey's fences, 1.5 (mild) or "
    body += "3 (severe) interquartile ranges from the quartiles; they are labelled and kept.</p><ul class=\"key\">"
    func key(_ drawing: String, _ text: String) {
      body += "<li><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">\(drawing)</svg>\(text)</li>"
    }
    key("<line class=\"median\" x1=\"13\" y1=\"0\" x2=\"13\" y2=\"12\"/>", "median")
    key("<rect class=\"band\" x=\"4\" y=\"0\" width=\"18\" height=\"12\"/>", "its 95 % interval")
    key("<line class=\"fence\" x1=\"13\" y1=\"0\" x2=\"13\" y2=\"12\"/>", "Tukey's fences")
    key("<circle class=\"dot\" cx=\"13\" cy=\"6\" r=\"2.2\"/>", "sample")
    key("<circle class=\"mild\" cx=\"13\" cy=\"6\" r=\"3.2\"/>", "mild outlier")
    key("<path class=\"severe\" d=\"M10 3l6 6M10 9l6-6\"/>", "severe outlier")
    if report.base != nil { key("<line class=\"old\" x1=\"0\" y1=\"6\" x2=\"26\" y2=\"6\"/>", "baseline") }
    body += "</ul><div class=\"grid\">"
    for b in all {
      let old = report.comparisons.first { $0.name == b.name && $0.verdict != .incomparable }
      let counts = OutlierCounts(b.nanosPerIteration)
      let verdict = old.map { c in
        "<br>\(Show.change(c.medianRatio).replacing(" ", with: "\u{A0}")) against the baseline: \(c.verdict.rawValue)"
      }
      body += "<figure><b>\(e(b.name))</b><figcaption>\(b.samples.count) samples; outliers: \(counts.mild) mild, "
      body += "\(counts.severe) severe\(verdict ?? "")</figcaption>"
      body += DistributionPlot.svg(b, base: old?.base) + "</figure>\n"
    }
    return Section(id: "distributions", title: "Distributions", body: body + "</div>")
  }

  static func latency(_ report: Report) -> Section? {
    let measured = report.now.benchmarks.flatMap(\.latency)
    if measured.isEmpty { return nil }
    let base = report.base?.benchmarks.flatMap(\.latency) ?? []
    var ways: [String] = []
    for figures in measured where !ways.contains(figures.name) { ways.append(figures.name) }
    var body = "<p>Open loop: frames are sent at a fixed rate, and each latency counts from the time at which "
    body += "its event was <em>meant</em> to be sent, so that a stall shows in everything behind it. Each line is a "
    body += "rate; a dotted line with a star is a rate that was not kept up"
    body += base.isEmpty ? "." : "; dashed grey is the baseline."
    body += "</p><div class=\"grid two\">"
    for way in ways {
      let plot = LatencyPlot.svg(
        way: way, measured.filter { $0.name == way }, base: base.filter { $0.name == way })
      body += "<figure><b>\(e(way))</b>\(plot)</figure>\n"
    }
    body += "</div>"
    let titles = LatencyPoint.standard.map { $0 == 100 ? "max" : "p" + "\($0)".replacing(".0", with: "") }
    var table = HTMLTable(["way", "intended/s", "achieved/s"] + titles)
    for way in ways {
      for f in measured where f.name == way {
        let achieved = Show.count(f.achievedPerSecond) + (Highlights.isSaturated(f) ? " *" : "")
        table.append(
          [e(way), Show.count(f.ratePerSecond), achieved]
            + LatencyPoint.standard.map { f.nanos($0).map { Show.nanos(Double($0)) } ?? "" })
      }
    }
    return Section(id: "latency", title: "Latency", body: body + table.html + "<p class=\"note\">* not kept up.</p>")
  }

  static func memory(_ report: Report) -> Section {
    var table = HTMLTable([
      "benchmark", "allocations", "allocated", "allocations/s", "allocated per second", "peak resident",
    ])
    var growth = HTMLTable(["benchmark", "<resident over time"])
    for b in report.now.benchmarks {
      if !b.memory.isEmpty {
        growth.append([
          e(b.name), e(b.memory.map { "\($0.name) \(Show.bytes($0.residentBytes))" }.joined(separator: " · ")),
        ])
      }
      guard let allocations = b.allocations, !b.name.contains("@") else { continue }
      table.append([
        e(b.name), "\(allocations.count)", Show.bytes(allocations.bytes), Show.count(b.allocationsPerSecond),
        Show.bytes(Int(b.allocatedBytesPerSecond ?? 0)) + "/s", Show.bytes(b.peakResidentBytes),
      ])
    }
    let hasGrowth = report.now.benchmarks.contains { !$0.memory.isEmpty }
    let body = "<p>Calls of malloc in one iteration of the steady state, and the peak of resident memory, which "
      + "includes the benchmark's input. The hot path may make no call at all.</p>" + table.html
      + (hasGrowth ? "<h3>Growth</h3>" + growth.html : "")
    return Section(id: "memory", title: "Memory and allocations", body: body)
  }

  static func history(_ report: Report) -> Section {
    let runs = report.history
    var body = ""
    if runs.count < 2 {
      body = "<p>No other result is kept. <code>quotewire-bench run --save NAME</code> keeps one.</p>"
    } else {
      body = "<p>Medians of one iteration over \(runs.count) results, oldest first. Hollow points come from "
      body += "OTHER MACHINES than the last one and are not joined to it.</p><div class=\"grid\">"
      for b in report.now.benchmarks where b.samples.count > 1 && !b.name.contains("@") {
        body += "<figure><b>\(e(b.name))</b>\(HistoryPlot.svg(b.name, runs))</figure>\n"
      }
      body += "</div>"
    }
    return Section(id: "history", title: "History", body: body)
  }
}
