import IO

/// `list`, `run`, `compare` and `history`.
package struct BenchCommands: Sendable {
  package let benchmarks: [Benchmark]
  package let allocations: (@Sendable () -> AllocationCounts)?
  /// Where `baselines/` and `results/` lie.
  package let folder: String

  package init(
    _ benchmarks: [Benchmark], folder: String = "Benchmarks", allocations: (@Sendable () -> AllocationCounts)? = nil
  ) {
    self.benchmarks = benchmarks
    self.folder = folder
    self.allocations = allocations
  }

  func out(_ text: String) throws(IOError) { try StandardStream.output.write(text) }
  func say(_ text: String) { _ = try? StandardStream.error.write(text + "\n") }

  /// The benchmarks whose name has one of the filter's parts, which stand between commas.
  package func selected(_ filter: String?) -> [Benchmark] {
    guard let filter, !filter.isEmpty else { return benchmarks }
    let parts = filter.split(separator: ",")
    return benchmarks.filter { benchmark in parts.contains { benchmark.name.contains($0) } }
  }

  package func list(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["filter"])
    var table = Table([("benchmark", .left), ("input", .left), ("allocations allowed", .right)])
    for b in selected(options.text("filter")) {
      table.append([b.name, b.input, b.allowedAllocations.map { "\($0)" } ?? ""])
    }
    try out(table.text)
    return .done
  }

  package static let runOptions: Set<String> = [
    "warm-up", "time", "samples", "filter", "smoke", "save", "save-baseline", "baseline", "json", "quiet", "no-limits",
    "handicap",
  ]

  package func run(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: Self.runOptions)
    let (run, failures) = try measure(options)
    if !options.has("quiet") {
      try out(Overview.table(run.benchmarks).text)
      try out("\n" + Overview.times(run.benchmarks).text)
      if let latency = Overview.latency(run.benchmarks) { try out("\n" + latency.text) }
      try out("\n" + Overview.memory(run.benchmarks).text)
      for line in Overview.environment(run) { say(line) }
    }
    if let path = options.text("json") {
      if path == "-" {
        try out(String(decoding: RunFile.encode(run), as: UTF8.self))
      } else {
        try RunFile.write(run, to: path)
      }
    }
    if options.has("save") { try keep(run, "\(folder)/results/\(run.dateText.prefix(10))_\(run.name).json") }
    if let name = options.text("save-baseline") { try keep(run, baselinePath(name)) }
    if let name = options.text("baseline") { try show(try result(name), run) }
    for failure in failures { say("failed: \(failure)") }
    return failures.isEmpty ? .done : .failed
  }

  private func measure(_ options: BenchOptions) throws -> (RunResult, [BenchmarkError]) {
    var settings = options.has("smoke") ? Harness.Settings.smoke : Harness.Settings()
    settings.warmUpSeconds = try options.seconds("warm-up", settings.warmUpSeconds)
    settings.measureSeconds = try options.seconds("time", settings.measureSeconds)
    settings.samples = try options.int("samples", settings.samples, in: 1...100_000)
    if options.has("samples") { settings.leastSamples = settings.samples }
    settings.handicapPercent = try options.int("handicap", 0, in: 0...1000)
    if settings.handicapPercent > 0, options.has("save") || options.has("save-baseline") {
      throw BenchUsage("a run with a planted slowdown is not kept: leave --handicap or --save out")
    }
    settings.limitsAllocations = !EnvironmentProbe.isDebug && !options.has("no-limits")
    let chosen = selected(options.text("filter"))
    if chosen.isEmpty { throw BenchUsage("no benchmark has '\(options.text("filter") ?? "")' in its name; see list") }
    if EnvironmentProbe.isDebug, !settings.isSmoke {
      say("this is a debug build: the figures say nothing about the product (swift build -c release)")
    }
    let harness = Harness(settings: settings, allocations: allocations)
    let probe = EnvironmentProbe()
    let startedAt = WallClock.seconds()
    var results: [BenchmarkResult] = []
    var failures: [BenchmarkError] = []
    for (i, benchmark) in chosen.enumerated() {
      do throws(BenchmarkError) {
        let result = try harness.run(benchmark)
        results.append(result)
        if !options.has("quiet") { say(progress(i, chosen.count, result)) }
      } catch {
        if case .skipped(let why) = error { say("skipped: \(benchmark.name): \(why)") } else { failures.append(error) }
      }
    }
    let run = RunResult(
      name: options.text("save") ?? options.text("save-baseline") ?? "run", startedAt: startedAt,
      environment: probe.finish(), settings: settings, benchmarks: results)
    return (run, failures)
  }

  private func progress(_ i: Int, _ count: Int, _ result: BenchmarkResult) -> String {
    let name = result.name + String(repeating: " ", count: max(0, 28 - result.name.count))
    let start = "[\(i + 1)/\(count)] \(name) "
    if let latency = result.latency.first {
      let points = [50, 99, 99.9].map { Show.nanos(Double(latency.nanos($0) ?? 0)) }
      return start + "\(latency.name) p50 \(points[0]), p99 \(points[1]), p99.9 \(points[2])"
    }
    if let last = result.memory.last { return start + "resident \(last.name) \(Show.bytes(last.residentBytes))" }
    let d = result.description
    let rate = result.framesPerSecond.map { Show.count($0) + " frames/s" }
      ?? result.eventsPerSecond.map { Show.count($0) + " events/s" }
      ?? result.itemsPerSecond.map { Show.count($0) + " items/s" } ?? ""
    return start + "\(Show.nanos(d.median)) ± \(Show.nanos(d.medianAbsoluteDeviation))  \(rate)"
  }

  private func keep(_ run: RunResult, _ path: String) throws(IOError) {
    try RunFile.write(run, to: path)
    say("kept: \(path)")
  }

  private func baselinePath(_ name: String) -> String { "\(folder)/baselines/\(name).json" }

  private func show(_ base: RunResult, _ now: RunResult) throws(IOError) {
    for warning in Comparison.warnings(base, now) { say(warning) }
    try out(Comparison.table(Comparison.all(base, now)).text)
  }

  package func compare(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: [])
    guard options.operands.count == 2 else { throw BenchUsage("compare takes two results: compare BASE NOW") }
    try show(try result(options.operands[0]), try result(options.operands[1]))
    return .done
  }

  /// A result by its path, or by the bare name of a baseline or a kept result; of several of that name the latest.
  package func result(_ name: String) throws -> RunResult {
    if name.contains("/") || name.hasSuffix(".json") { return try RunFile.read(name) }
    let baseline = baselinePath(name)
    if try Directory.list(folder + "/baselines", orEmpty: true).contains(name + ".json") {
      return try RunFile.read(baseline)
    }
    if let kept = try kept().last(where: { $0.name == name }) { return kept }
    throw BenchUsage(
      "there is no result '\(name)': neither \(baseline) nor \(folder)/results/DATE_\(name).json; 'history' names all")
  }

  package func history(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: ["filter"])
    let runs = try kept()
    if runs.isEmpty {
      throw BenchUsage("\(folder)/results has no results; 'quotewire-bench run --save NAME' keeps one")
    }
    for (a, b) in zip(runs, runs.dropFirst()) where !a.environment.isSameMachine(as: b.environment) {
      say("\(a.name) and \(b.name) are from DIFFERENT MACHINES")
    }
    try out(Overview.history(runs, filter: options.text("filter") ?? "").text)
    return .done
  }

  /// All kept results, oldest first.
  package func kept() throws -> [RunResult] {
    let results = folder + "/results"
    let names = try Directory.list(results, orEmpty: true).filter { $0.hasSuffix(".json") }
    return try names.map { try RunFile.read(results + "/" + $0) }.sorted { $0.startedAt < $1.startedAt }
  }
}

extension Directory {
  /// The names in a folder; none where it is not there and that may be so.
  fileprivate static func list(_ path: String, orEmpty: Bool) throws(IOError) -> [String] {
    orEmpty && !isDirectory(path) ? [] : try list(path)
  }
}
