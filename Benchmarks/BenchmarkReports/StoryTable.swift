import BenchmarkKit

/// A table that sets figures beside those of the report that this project grew out of.
struct StoryTable {
  /// Of the section on the page.
  let id: String
  let title: String
  let titles: [String]
  let rows: [[String]]
  /// How far the two may be compared.
  let note: String

  /// Those that a run has the benchmarks for, in their order.
  static func all(_ run: RunResult) -> [StoryTable] {
    if run.settings.isSmoke { return [] }
    return [CollectStory(run)?.table, endOfDay(run), imports(run)].compactMap { $0 }
  }

  /// `48x`; two digits below ten.
  static func times(_ factor: Double?) -> String {
    guard let factor else { return "" }
    return Show.fixed(factor, factor < 10 ? 1 : 0) + "x"
  }

  var markdown: String {
    var table = Table(titles.enumerated().map { ($1, $0 == 0 ? .left : .right) })
    for row in rows { table.append(row) }
    return "## \(title)\n\n" + table.markdown + "\n" + note + "\n\n"
  }

  var section: HTMLReport.Section {
    var table = HTMLTable(titles)
    for row in rows { table.append(row.map(Markup.escaped)) }
    return HTMLReport.Section(id: id, title: title, body: "<p>\(Markup.escaped(note))</p>" + table.html)
  }

  // MARK: the end of a day

  /// The original's day, in seconds: processed, and found in its cache.
  private static let originalDay = (cold: 146.0, cached: 4.0)

  private static func endOfDay(_ run: RunResult) -> StoryTable? {
    guard let cold = run.benchmark("eod/cold"), let cached = run.benchmark("eod/cached") else { return nil }
    let (anew, again) = (cold.description.median, cached.description.median)
    return StoryTable(
      id: "eod", title: "The end of a day",
      titles: ["a day", "quotewire", "events/s", "factor", "original", "factor"],
      rows: [
        [
          "all anew", Show.nanos(anew), Show.count(cold.eventsPerSecond), "", Show.nanos(originalDay.cold * 1e9), "",
        ],
        [
          "again, nothing to do", Show.nanos(again), Show.count(cached.eventsPerSecond), times(anew / again),
          Show.nanos(originalDay.cached * 1e9), times(originalDay.cold / originalDay.cached),
        ],
      ],
      note: "Ours is a generated day (\(cold.input)); the original's was another one on another machine, so that the "
        + "factors compare, not the times. Ours reads all bytes of the recording and of the files again before it says "
        + "that there is nothing to do.")
  }

  // MARK: import

  /// The original's import: 27.6 M rows in 63 s.
  private static let originalRowsPerSecond = 438_000.0

  private static func imports(_ run: RunResult) -> StoryTable? {
    let rows = [("CSV into columns in memory", "import/csv"), ("CSV into a Parquet file", "import/csv-parquet")]
      .compactMap { title, name -> [String]? in
        guard let rate = run.benchmark(name)?.eventsPerSecond else { return nil }
        return [
          title, Show.count(rate), Show.count(originalRowsPerSecond), times(rate / originalRowsPerSecond),
        ]
      }
    if rows.isEmpty { return nil }
    return StoryTable(
      id: "import", title: "Importing rows", titles: ["rows", "quotewire, rows/s", "original, rows/s", "factor"],
      rows: rows,
      note: "By the clock, on this machine. The original imported 27.6 million rows in 63 s on another machine, from "
        + "other files: the times beside each other do not compare programs alone.")
  }
}
