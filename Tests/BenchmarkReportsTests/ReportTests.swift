import BenchmarkKit
import BenchmarkReports
import TestSupport
import Testing

@Suite("Reports", .tags(.unit))
struct ReportTests {
  private static func run(_ name: String, factor: Double = 1, machine: String = "a1b2c3d4", at start: Int64 = 0)
    -> RunResult
  {
    var environment = Environment()
    environment.machine = machine
    environment.cpuModel = "CPU <\"A&B\">"
    environment.cores = 2
    environment.buildMode = "release"
    var replay = BenchmarkResult(
      name: "replay/null", input: "mix", units: Units(frames: 1000, events: 8000, bytes: 460_000))
    // 1 ms an iteration: a million frames a second. The last sample is far beyond the fences.
    let nanos = [1.0, 1.01, 0.99, 1, 1.02, 0.98, 1, 1, 5].map { Int64($0 * 1e6 * factor) }
    replay.samples = nanos.map { Sample(iterations: 1, nanos: $0) }
    replay.cpuNanosPerIteration = 2e6
    replay.digest = "1"
    var latency = BenchmarkResult(name: "latency/1k", input: "", units: Units(events: 1))
    latency.samples = [Sample(iterations: 1, nanos: 1)]
    latency.latency = [
      LatencyFigures(
        name: "wire-to-ring", ratePerSecond: 1000, achievedPerSecond: 999, count: 2000,
        percentiles: zip(LatencyPoint.standard, 1...).map { LatencyPoint(percentile: $0, nanos: 1000 << $1) }),
      LatencyFigures(
        name: "wire-to-ring", ratePerSecond: 5000, achievedPerSecond: 3000, count: 2000,
        percentiles: [LatencyPoint(percentile: 50, nanos: 9_000_000)]),
    ]
    return RunResult(
      name: name, startedAt: start, environment: environment, settings: .init(), benchmarks: [replay, latency])
  }

  private static let slower = Report(
    now: run("now", factor: 1.3, at: 100), base: run("then"), history: [run("then"), run("now", at: 100)],
    flamegraph: "flamegraph.svg", bootstrap: Bootstrap(resamples: 300))

  @Test("the headline is the frames a second of a replay, in all three")
  func headline() {
    let report = Report(now: Self.run("now"))
    #expect(Highlights.text(report).hasPrefix("quotewire handles 1.00 million market data frames a second.\n"))
    #expect(MarkdownReport.text(report).contains("**1.00 M frames/s** (`replay/null`: mix)"))
    #expect(HTMLReport.text(report).contains("<b>1.00<span>million frames per second</span></b>"))
  }

  @Test("a slower benchmark is called so in words, with baseline, now, change and interval")
  func change() {
    let row = MarkdownReport.text(Self.slower).split(separator: "\n").first { $0.contains("+30.0 %") }
    #expect(row.map { $0.contains("1.00 ms") && $0.contains("1.30 ms") && $0.contains("slower") } == true)
    #expect(HTMLReport.text(Self.slower).contains("<span class=\"slow\">slower</span>"))
    #expect(Highlights.text(Self.slower).contains("1 slower, 1 too few samples"))
  }

  @Test("other machines are named loudly in all three")
  func machines() {
    let report = Report(
      now: Self.run("now"), base: Self.run("then", machine: "00000000"), bootstrap: Bootstrap(resamples: 100))
    for text in [MarkdownReport.text(report), Highlights.text(report), HTMLReport.text(report)] {
      #expect(text.contains("THESE ARE DIFFERENT MACHINES: 00000000"))
    }
    #expect(!HTMLReport.text(Self.slower).contains("DIFFERENT MACHINES:"))
  }

  @Test("the page loads nothing, has no script, escapes what it was given and links the flamegraph")
  func page() {
    let page = HTMLReport.text(Self.slower)
    for foreign in ["<script", "http://", "https://", "src=", "@import", "url(", "CPU <\"A"] {
      #expect(!page.contains(foreign), "\(foreign)")
    }
    #expect(page.contains("CPU &lt;&quot;A&amp;B&quot;&gt;") && page.contains("href=\"flamegraph.svg\""))
    for part in ["prefers-color-scheme:dark", "@media print", "max-width:700px"] { #expect(page.contains(part)) }
  }

  @Test("every tag is closed in its order, and every drawing has a title and a description")
  func markup() {
    let page = HTMLReport.text(Self.slower)
    let empty: Set<Substring> = ["meta", "!doctype", "br"]
    var open: [Substring] = []
    for piece in page.split(separator: "<").dropFirst(page.hasPrefix("<") ? 0 : 1) {
      let tag = piece.prefix { $0 != ">" }
      if tag.hasSuffix("/") { continue }
      let name = tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != ">" }
      if empty.contains(name) { continue }
      if !tag.hasPrefix("/") { open.append(name) } else { #expect(open.popLast() == name) }
    }
    #expect(open.isEmpty)
    let drawings = page.split(separator: "<svg").dropFirst().filter { $0.contains("role=\"img\"") }
    #expect(drawings.count >= 4)
    for drawing in drawings { #expect(drawing.contains("<title>") && drawing.contains("<desc>")) }
  }

  @Test("a severe outlier is told in numbers and an unsustained rate is starred")
  func labels() {
    let page = HTMLReport.text(Self.slower)
    #expect(page.contains("outliers: 1 mild, 1 severe") && page.contains("1 beyond, to 6.50 ms"))
    #expect(page.contains("3000 *") && page.contains("5000/s *"))
  }

  /// A result with the three steps of a collection.
  private static func collection(smoke: Bool = false) -> Report {
    var now = run("now")
    for (name, nanos) in [("sequential", 26_000_000_000), ("parallel", 80_000_000), ("cached", 10_000_000)] {
      var step = BenchmarkResult(name: "collect/" + name, input: "", units: Units(items: 507))
      step.samples = [Sample(iterations: 1, nanos: Int64(nanos))]
      now.benchmarks.append(step)
    }
    now.settings.isSmoke = smoke
    return Report(now: now)
  }

  @Test("the steps of a collection stand beside the original's, with the factors of both")
  func collecting() {
    let text = MarkdownReport.text(Self.collection())
    let rows = Self.cells(text)
    for row in [
      ["one after the other", "26.0 s", "", "2535 s", "", "98x"],
      ["in parallel", "80.0 ms", "325x", "52.0 s", "48x", "650x"],
      ["from the cache", "10.0 ms", "8.0x", "88.0 ms", "590x", "8.8x"],
      ["from first to last", "", "2600x", "", "28807x", ""],
    ] {
      #expect(rows.contains(row), "\(row) in \(text)")
    }
    let page = HTMLReport.text(Self.collection())
    #expect(page.contains("<section id=\"collect\">") && page.contains(">325x<") && page.contains(">590x<"))
    #expect(Highlights.text(Self.collection()).contains("* A look at 507 symbols takes 80.0 ms"))
  }

  /// The cells of a Markdown table's rows.
  private static func cells(_ text: String) -> [[String]] {
    text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { row in
      row.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
    }
  }

  /// A result with benchmarks that take so many nanoseconds for so many events.
  private static func report(_ benchmarks: [(name: String, nanos: Int64, events: Int)], smoke: Bool = false) -> Report {
    var now = run("now")
    for (name, nanos, events) in benchmarks {
      var one = BenchmarkResult(name: name, input: "input of " + name, units: Units(events: events))
      one.samples = [Sample(iterations: 1, nanos: nanos)]
      now.benchmarks.append(one)
    }
    now.settings.isSmoke = smoke
    return Report(now: now)
  }

  @Test("the end of a day stands beside the original's 2 min 26 s and 4 s, with the factors of both")
  func endOfDay() {
    let measured = [("eod/cold", Int64(200_000_000), 1_000_000), ("eod/cached", 4_000_000, 1_000_000)]
    let text = MarkdownReport.text(Self.report(measured))
    let rows = Self.cells(text)
    for row in [
      ["all anew", "200 ms", "5.00 M", "", "146 s", ""],
      ["again, nothing to do", "4.00 ms", "250 M", "50x", "4.00 s", "37x"],
    ] {
      #expect(rows.contains(row), "\(row) in \(text)")
    }
    #expect(text.contains("a generated day (input of eod/cold)"))
    let page = HTMLReport.text(Self.report(measured))
    #expect(page.contains("<section id=\"eod\">") && page.contains(">37x<"))
    for none in [Self.report([measured[0]]), Self.report(measured, smoke: true)] {
      #expect(!MarkdownReport.text(none).contains("The end of a day"))
    }
  }

  @Test("imports stand beside the original's 438,000 rows a second, those that were measured")
  func imports() {
    let measured = [("import/csv", Int64(100_000_000), 1_752_000), ("import/csv-parquet", 200_000_000, 876_000)]
    let rows = Self.cells(MarkdownReport.text(Self.report(measured)))
    #expect(rows.contains(["CSV into columns in memory", "17.5 M", "438 k", "40x"]), "\(rows)")
    #expect(rows.contains(["CSV into a Parquet file", "4.38 M", "438 k", "10x"]), "\(rows)")
    #expect(HTMLReport.text(Self.report(measured)).contains("<section id=\"import\">"))
    let one = MarkdownReport.text(Self.report([measured[1]]))
    #expect(one.contains("CSV into a Parquet file") && !one.contains("CSV into columns"))
    #expect(!MarkdownReport.text(Self.report([])).contains("Importing rows"))
  }

  @Test("without all three steps, or in smoke size, there is no such table")
  func noCollecting() {
    for report in [Self.collection(smoke: true), Report(now: Self.run("now"))] {
      #expect(!MarkdownReport.text(report).contains("507") && !HTMLReport.text(report).contains("507"))
    }
  }

  @Test("the history holds the present result once")
  func history() { #expect(Self.slower.history.map(\.name) == ["then", "now"]) }

  @Test("a report of kept names is written to a folder, and an unknown name is refused in words")
  func command() throws {
    let folder = TemporaryFolder()
    try RunFile.write(Self.run("then"), to: folder.file("results/1970-01-01_then.json"))
    try RunFile.write(Self.run("base"), to: folder.file("baselines/base.json"))
    let commands = BenchCommands([], folder: folder.path)
    #expect(try commands.report(["then", "--baseline", "base", "--out", folder.file("out")]) == .done)
    #expect(Places.names(in: folder.file("out")) == ["highlights.txt", "report.html", "report.md"])
    let refused = #expect(throws: BenchUsage.self) { try commands.report(["nothing"]) }
    #expect(refused?.description.contains("there is no result 'nothing'") == true)
  }
}
