import BenchmarkKit

/// The three steps of a collection beside those of the report that this project grew out of: one symbol after the
/// other, in parallel, from the cache.
struct CollectStory {
  struct Step {
    let title: String
    let name: String
    /// What the original took, in seconds, and how many times less that is than its step before.
    let originalSeconds: Double
    let originalFactor: Double?
    /// Median in nanoseconds.
    let nanos: Double
    /// How many times less than the step before.
    let factor: Double?
  }

  private static let original: [(title: String, name: String, seconds: Double, factor: Double?)] = [
    ("one after the other", "collect/sequential", 2535, nil), ("in parallel", "collect/parallel", 52, 48),
    ("from the cache", "collect/cached", 0.088, 590),
  ]

  let steps: [Step]

  /// Nil where one of the three was not measured, or only in smoke size.
  init?(_ run: RunResult) {
    if run.settings.isSmoke { return nil }
    var steps: [Step] = []
    for row in Self.original {
      guard let measured = run.benchmark(row.name) else { return nil }
      let nanos = measured.description.median
      steps.append(
        Step(
          title: row.title, name: row.name, originalSeconds: row.seconds, originalFactor: row.factor, nanos: nanos,
          factor: steps.last.map { $0.nanos / nanos }))
    }
    self.steps = steps
  }

  static let titles = ["507 symbols", "quotewire", "factor", "original", "factor", "ours beside it"]

  static let note =
    "A process from its start to its end, on this machine: the program beside quotewire-bench, which loads Swift's "
    + "libraries when it starts; the one that tools/install makes has them in it and starts some milliseconds sooner. "
    + "Our server answers each symbol 50 ms after it was asked for. The original collected as many symbols from "
    + "services on the network, which took five seconds each: the times beside each other do not compare programs "
    + "alone, the factors between steps do more so. A step gains less where the one before is quick already."

  var rows: [[String]] {
    steps.map { step in
      [
        step.title, Show.nanos(step.nanos), StoryTable.times(step.factor), Show.nanos(step.originalSeconds * 1e9),
        StoryTable.times(step.originalFactor), StoryTable.times(step.originalSeconds * 1e9 / step.nanos),
      ]
    } + [whole]
  }

  /// From the first step to the last.
  private var whole: [String] {
    guard let first = steps.first, let last = steps.last else { return [] }
    return [
      "from first to last", "", StoryTable.times(first.nanos / last.nanos), "",
      StoryTable.times(first.originalSeconds / last.originalSeconds), "",
    ]
  }

  var table: StoryTable {
    StoryTable(id: "collect", title: "Collecting 507 symbols", titles: Self.titles, rows: rows, note: Self.note)
  }
}
