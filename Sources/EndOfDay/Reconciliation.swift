import Market

/// Whether a day's figures say the same, wherever they were counted: entries of the recordings, the replay's counters,
/// the metadata of the files on disk, the bars.
package struct Reconciliation {
  private let manifest: Manifest
  /// In the metadata of files on disk, by name.
  private let rowsOnDisk: [String: Int]
  private let barCounts: (minutes: Int, days: Int)
  private var broken: [String] = []

  private init(_ manifest: Manifest, _ rowsOnDisk: [String: Int], _ barCounts: (minutes: Int, days: Int)) {
    self.manifest = manifest
    self.rowsOnDisk = rowsOnDisk
    self.barCounts = barCounts
  }

  /// The identities that do not hold, a sentence each.
  /// - Parameters:
  ///   - rowsOnDisk: rows of each file that was made, as the file itself says.
  ///   - barCounts: the sum of `count` over minute bars and over day bars.
  package static func broken(
    _ manifest: Manifest, rowsOnDisk: [String: Int], barCounts: (minutes: Int, days: Int)
  ) -> [String] {
    var check = Reconciliation(manifest, rowsOnDisk, barCounts)
    check.checkRecordings()
    check.checkFiles()
    check.checkBars()
    return check.broken
  }

  private mutating func hold(_ a: Int, _ b: Int, _ first: String, _ second: String) {
    if a != b { broken.append("\(first) are \(a), \(second) \(b)") }
  }

  private mutating func checkRecordings() {
    let counts = manifest.counts
    hold(
      manifest.inputs.reduce(0) { $0 + $1.summary.frames }, counts.frames, "frames in the recordings",
      "frames replayed")
    hold(manifest.inputs.reduce(0) { $0 + $1.summary.gaps }, counts.gaps, "gaps in the recordings", "gaps replayed")
    hold(
      counts.rows, counts.decoded + counts.malformed + counts.unknownType, "rows",
      "rows decoded, malformed or of unknown types")
    hold(counts.decoded, counts.byType.values.reduce(0, +), "rows decoded", "rows of all types")
  }

  private mutating func checkFiles() {
    for (type, rows) in counts where rows > 0 {
      let name = OutputName.of(type)
      hold(rows, manifest.output(name)?.rows ?? 0, "\(type.name) rows decoded", "rows of \(name) in the manifest")
    }
    for output in manifest.outputs {
      if let rows = rowsOnDisk[output.name] {
        hold(output.rows, rows, "rows of \(output.name) in the manifest", "rows in the file")
      }
    }
    hold(manifest.counts.gaps, manifest.output(OutputName.gaps)?.rows ?? 0, "gaps", "rows of \(OutputName.gaps)")
  }

  private var counts: [(EventType, Int)] {
    EventType.allCases.map { ($0, manifest.counts.byType[$0.name] ?? 0) }
  }

  private mutating func checkBars() {
    guard let ticks = manifest.ticks else { return }
    let byType = manifest.counts.byType
    let decoded = (byType[EventType.trade.name] ?? 0) + (byType[EventType.timeAndSale.name] ?? 0)
    hold(decoded, ticks.seen, "Trade and TimeAndSale rows", "ticks")
    if !ticks.isBalanced { broken.append("the ticks are not the sum of those used and left out") }
    hold(ticks.used, barCounts.minutes, "ticks used", "trades of all minute bars")
    hold(ticks.used, barCounts.days, "ticks used", "trades of all day bars")
    if let candles = manifest.candles, !candles.isBalanced {
      broken.append("the candles are not the sum of those compared and left out")
    }
  }
}
