// BenchmarkReports: turns a result into three texts: Markdown for engineers, highlights for everyone, one HTML page.
//
// Invariant: each figure comes from the result's samples, and the same results give the same bytes; the page loads
// nothing from elsewhere and has no script; no meaning is carried by colour alone.
//
// Out of scope: measuring and statistics (BenchmarkKit), flamegraphs (a report links one).

package import BenchmarkKit

/// What a report is made of.
package struct Report: Sendable {
  package let now: RunResult
  package let base: RunResult?
  /// Kept results with the present one, oldest first.
  package let history: [RunResult]
  package let comparisons: [Comparison]
  /// Address of a flamegraph, as seen from the page.
  package let flamegraph: String?

  package init(
    now: RunResult, base: RunResult? = nil, history: [RunResult] = [], flamegraph: String? = nil,
    bootstrap: Bootstrap = Bootstrap()
  ) {
    self.now = now
    self.base = base
    self.flamegraph = flamegraph
    let others = history.filter { $0.startedAt != now.startedAt || $0.name != now.name }
    self.history = (others + [now]).sorted { $0.startedAt < $1.startedAt }
    comparisons = base.map { Self.ordered(Comparison.all($0, now, bootstrap: bootstrap)) } ?? []
  }

  /// What asks for attention first: slower ones, the worst at the top, then faster ones, then the rest by name.
  private static func ordered(_ all: [Comparison]) -> [Comparison] {
    func rank(_ c: Comparison) -> Int {
      switch c.verdict {
      case .slower: 0
      case .faster: 1
      case .noise: 2
      case .incomparable: 3
      case .fewSamples: 4
      }
    }
    return all.sorted { a, b in
      if rank(a) != rank(b) { return rank(a) < rank(b) }
      if rank(a) == 0 { return a.medianRatio > b.medianRatio }
      if rank(a) == 1 { return a.medianRatio < b.medianRatio }
      return a.name < b.name
    }
  }

  /// The benchmark whose frames a second are the headline: the whole way of a recording if it was measured.
  package var headline: BenchmarkResult? {
    let wanted = ["replay/null", "ingest/tls", "ingest/plain", "decode/compact-mix"]
    return wanted.lazy.compactMap { now.benchmark($0) }.first { $0.framesPerSecond != nil }
      ?? now.benchmarks.first { $0.framesPerSecond != nil }
  }

  /// What a reader has to know before the figures, in sentences.
  package var cautions: [String] {
    var all = base.map { Comparison.warnings($0, now) } ?? []
    let e = now.environment
    if now.settings.isSmoke { all.append("A smoke run: two samples on the smallest input. It shows no speed.") }
    if e.buildMode == "debug" { all.append("A debug build: the figures say nothing about the product.") }
    if e.isTreeDirty { all.append("The tree had changes beyond the commit.") }
    if e.stealShare > 0.02 {
      all.append("The hypervisor gave \(Show.fixed(e.stealShare * 100, 1)) % of the CPU time to other guests.")
    }
    let load = Double(e.loadBefore.split(separator: " ").first ?? "") ?? 0
    if load > Double(max(1, e.cores)) / 2 {
      all.append("The machine was busy when the run began: load \(Show.fixed(load, 2)) on \(e.cores) cores.")
    }
    return all
  }

  /// `3 slower, 1 faster, 20 within noise`.
  package var verdictCounts: String {
    let kinds: [Comparison.Verdict] = [.slower, .faster, .noise, .incomparable, .fewSamples]
    let parts = kinds.compactMap { kind in
      let count = comparisons.count { $0.verdict == kind }
      return count > 0 || kind == .slower ? "\(count) \(kind.rawValue)" : nil
    }
    return parts.joined(separator: ", ")
  }

  /// Benchmarks of one run alone.
  package var added: [String] { base.map { b in now.benchmarks.map(\.name).filter { b.benchmark($0) == nil } } ?? [] }
  package var removed: [String] {
    base.map { b in b.benchmarks.map(\.name).filter { now.benchmark($0) == nil } } ?? []
  }

  /// Name and value of each field of the environment.
  package var environment: [(name: String, value: String)] {
    let e = now.environment
    func or(_ text: String, _ other: String) -> String { text.isEmpty ? other : text }
    let recordings = Set(now.benchmarks.flatMap { $0.recordings.map { "\($0.key): \($0.value)" } }).sorted()
    return [
      ("machine", or(e.machine, "unknown")), ("system", or(e.system, "unknown")),
      ("kernel", "\(e.kernel) \(e.architecture)"), ("CPU", "\(e.cpuModel), \(e.cores) cores"),
      ("CPU flags", or(e.cpuFlags, "unknown")), ("memory", Show.bytes(e.memoryBytes)),
      ("governor", or(e.governor, "not readable")), ("load before", or(e.loadBefore, "unknown")),
      ("load after", or(e.loadAfter, "unknown")), ("steal", Show.fixed(e.stealShare * 100, 2) + " % of CPU time"),
      ("Swift", or(e.swiftVersion, "unknown")), ("build", "\(e.buildMode) \(e.buildFlags)"),
      ("commit", or(e.commit, "unknown") + (e.isTreeDirty ? " with changes" : "")),
      (
        "sampling",
        "warm-up \(now.settings.warmUpSeconds) s, measuring \(now.settings.measureSeconds) s, "
          + "\(now.settings.samples) samples a benchmark"
      ),
      ("recordings", or(recordings.joined(separator: "; "), "none")),
    ]
  }

  /// Commands that repeat the run.
  package var commands: [String] {
    let s = now.settings
    let commit = now.environment.commit.isEmpty ? [] : ["git checkout \(now.environment.commit.prefix(12))"]
    let size = s.isSmoke ? "--smoke " : ""
    let run =
      "\(size)--warm-up \(s.warmUpSeconds) --time \(s.measureSeconds) --samples \(s.samples) --save again"
    return commit + [
      "swift build -c release --product quotewire",
      "swift build -c release --product quotewire-bench",
      ".build/release/quotewire-bench run " + run,
      ".build/release/quotewire-bench compare \(now.name) again",
    ]
  }
}
