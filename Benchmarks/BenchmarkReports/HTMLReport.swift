import BenchmarkKit

/// The page: one file, no script, nothing loaded from elsewhere.
package enum HTMLReport {
  package static func text(_ report: Report) -> String {
    let sections = ([
      changes(report), HTMLSections.throughput(report), HTMLSections.distributions(report),
      HTMLSections.latency(report),
    ] + StoryTable.all(report.now).map(\.section) + [
      HTMLSections.memory(report), HTMLSections.history(report), environment(report), repeating(report),
    ]).compactMap(\.self)
    let e = escaped
    let now = report.now
    let links = sections.map { "<a href=\"#\($0.id)\">\($0.title)</a>" }.joined()
    let body = sections.map { "<section id=\"\($0.id)\"><h2>\($0.title)</h2>\n\($0.body)</section>\n" }.joined()
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
      <title>quotewire benchmarks: \(e(now.name))</title>
      <style>
      \(HTMLStyle.text)
      </style></head><body>
      <header><p class="over">quotewire benchmarks</p><h1>\(e(now.name))</h1>
      <p class="soft">\(e(now.dateText.replacing("T", with: " ").replacing("Z", with: " UTC"))) · commit \
      <code>\(e(String(now.environment.commit.prefix(12))))</code> · machine \(e(now.environment.machine)), \
      \(e(now.environment.cpuModel)), \(now.environment.cores) cores</p>
      <nav aria-label="Contents">\(links)</nav>
      \(cautions(report))\(hero(report))</header>
      <main>\(body)</main>
      <footer>Written by <code>quotewire-bench report</code> from \(now.benchmarks.count) benchmarks. \
      The beginning of this page in words is in <a href="highlights.txt">highlights.txt</a>, its tables are in \
      <a href="report.md">report.md</a>.</footer>
      </body></html>

      """
  }

  struct Section {
    let id: String
    let title: String
    let body: String
  }

  static func escaped(_ text: String) -> String { Markup.escaped(text) }

  private static func cautions(_ report: Report) -> String {
    if report.cautions.isEmpty { return "" }
    let items = report.cautions.map { "<li>\(escaped($0))</li>" }.joined()
    return "<div class=\"caution\" role=\"note\"><b>Read with caution</b><ul>\(items)</ul></div>"
  }

  private static func hero(_ report: Report) -> String {
    guard let top = report.headline, let frames = top.framesPerSecond else { return "" }
    let number = Highlights.words(frames).split(separator: " ")
    let scale = number.count > 1 ? number[1] + " " : ""
    var out = "<div class=\"hero\"><b>\(number[0])<span>\(scale)frames per second</span></b><p>"
    let subject = top.name == "replay/null" ? "A recording through the whole pipeline" : escaped(top.name)
    out += "\(subject): \(escaped(top.input))."
    if top.units.frames > 0, top.units.events > 0 {
      let events = Show.fixed(Double(top.units.events) / Double(top.units.frames), 1)
      let bytes = Show.fixed(Double(top.units.bytes) / Double(top.units.frames), 0)
      out += " A frame carries \(events) events in \(bytes) bytes here."
    }
    out += "</p><dl class=\"tiles\">"
    func tile(_ title: String, _ value: String, _ note: String) {
      out += "<div><dt>\(title)</dt><dd>\(escaped(value))<small>\(escaped(note))</small></dd></div>"
    }
    if let events = top.eventsPerSecond { tile("Events", Show.count(events) + "/s", "in these frames") }
    if let rate = top.framesPerCPUSecond {
      tile("CPU time", Show.fixed(1e6 / rate, 2) + " s", "a million frames, all threads")
    }
    if let live = report.now.benchmark("ingest/tls"), let rate = live.framesPerSecond {
      tile("Live, TLS", Show.count(rate) + " frames/s", "loopback, the server on the same cores")
    }
    if let calm = Highlights.calm(report.now), let late = calm.nanos(99) {
      tile("Latency p99", Show.nanos(Double(late)), "\(calm.name) at \(Show.count(calm.ratePerSecond)) events/s")
    }
    if let hot = report.now.benchmark("decode/compact-mix"), let allocations = hot.allocations {
      tile("Allocations", "\(allocations.count)", "an iteration of decode/compact-mix")
    }
    return out + "</dl></div>"
  }

  private static func changes(_ report: Report) -> Section? {
    guard let base = report.base else { return nil }
    let e = base.environment
    var body = "<p>Against <b>\(escaped(base.name))</b> (\(base.dateText.prefix(10)), commit "
    body += "<code>\(escaped(String(e.commit.prefix(12))))</code>, machine \(escaped(e.machine))): "
    body += "<b>\(report.verdictCounts)</b>.</p>"
    let judged = report.comparisons.filter { $0.verdict != .fewSamples }
    let limit = ChangePlot.limit(judged)
    var table = HTMLTable([
      "benchmark", "baseline", "now", "change", "<verdict", "+95 % interval", "+faster ← → slower",
    ])
    var noise = table
    for c in judged {
      let style = c.verdict == .slower ? "slow" : c.verdict == .faster ? "quick" : ""
      let row = [
        escaped(c.name), Show.nanos(c.base.description.median), Show.nanos(c.now.description.median),
        Show.change(c.medianRatio), "<span class=\"\(style)\">\(c.verdict.rawValue)</span>",
        "\(Show.change(c.medianInterval.low)) … \(Show.change(c.medianInterval.high))",
        ChangePlot.svg(c, limit: limit),
      ]
      if c.verdict == .slower || c.verdict == .faster { table.append(row) } else { noise.append(row) }
    }
    let changed = judged.count { $0.verdict == .slower || $0.verdict == .faster }
    if changed > 0 { body += table.html }
    if changed < judged.count {
      body += "<details\(changed == 0 ? " open" : "")><summary>\(judged.count - changed) that did not change "
      body += "beyond noise, or cannot be compared</summary>\(noise.html)</details>"
    }
    body += "<p class=\"note\">Medians of one iteration: a positive change is slower. The shaded band is what is "
    body += "called noise (2 % either way). The runs followed one another, so a busy phase of the machine can look "
    body += "like a change; "
    body += "<code>tools/bench-ab</code> takes turns and judges.</p>"
    for (title, names) in [("New", report.added), ("Gone", report.removed)] where !names.isEmpty {
      body += "<p class=\"note\">\(title): \(escaped(names.joined(separator: ", "))).</p>"
    }
    return Section(id: "changes", title: "What changed", body: body)
  }

  private static func environment(_ report: Report) -> Section {
    let facts = report.environment.map { "<dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd>" }.joined()
    return Section(id: "environment", title: "Environment", body: "<dl class=\"facts\">\(facts)</dl>")
  }

  private static func repeating(_ report: Report) -> Section {
    var body = "<pre><code>\(escaped(report.commands.joined(separator: "\n")))</code></pre>"
    if let flamegraph = report.flamegraph {
      body += "<p>Where the time goes: <a href=\"\(escaped(flamegraph))\">flamegraph of a replay</a>.</p>"
    }
    return Section(id: "repeat", title: "How to repeat it", body: body)
  }
}
