import BenchmarkKit

/// The samples of one benchmark: density, Tukey's fences, every sample with its label; the baseline's density behind.
enum DistributionPlot {
  private static let width = 360.0
  private static let height = 176.0
  private static let floor = 112.0

  static func svg(_ now: BenchmarkResult, base: BenchmarkResult?) -> String {
    let values = now.nanosPerIteration
    let fences = TukeyFences(values)
    let d = now.description
    let old = base?.nanosPerIteration ?? []
    let inside = values.filter { fences.label($0) == .inside }
    var low = min(inside.min() ?? d.minimum, old.isEmpty ? .infinity : SortedSample(old).percentile(5))
    var high = max(inside.max() ?? d.maximum, old.isEmpty ? 0 : SortedSample(old).percentile(95))
    let room = max(high - low, d.median * 0.02)
    // Outliers are shown in their place as long as they leave half of the width to the others.
    low = max(d.minimum, low - room * 0.5) - room * 0.06
    high = min(max(high, d.maximum), high + room) + room * 0.06
    let x = Scale(low, high, from: 14, to: width - 14)
    var picture = Picture(width, height)
    axis(&picture, x)
    let step = (high - low) / 96
    let grid = (0...96).map { low + Double($0) * step }
    let curve = Density(values)
    let before = old.count >= Comparison.leastSamples ? Density(old) : nil
    let top = max(grid.map(curve.at).max() ?? 1, before.map { b in grid.map(b.at).max() ?? 0 } ?? 0)
    let y = Scale(0, top, from: floor, to: 30)
    let interval = Bootstrap(resamples: 2000).interval(.median, of: values)
    picture.rectangle(x.at(interval.low), 26, max(1.5, x.at(interval.high) - x.at(interval.low)), floor - 26, "band")
    if let before { picture.path(grid.map { (x.at($0), y.at(before.at($0))) }, "old") }
    picture.path(grid.map { (x.at($0), y.at(curve.at($0))) }, "fill", closedAt: floor)
    picture.path(grid.map { (x.at($0), y.at(curve.at($0))) }, "curve")
    picture.line(x.at(d.median), 26, x.at(d.median), floor, "median")
    picture.text(clamped(x.at(d.median), 92), 18, "median \(Show.nanos(d.median))", "strong")
    let all = [fences.lowSevere, fences.lowMild, fences.highMild, fences.highSevere]
    for fence in all where fence > low && fence < high {
      picture.line(x.at(fence), 40, x.at(fence), floor + 22, "fence")
    }
    samples(&picture, values, fences, x, high)
    let counts = OutlierCounts(values)
    return picture.svg(
      title: "Distribution of \(now.name)",
      description: "\(d.count) samples of the time of an iteration, from \(Show.nanos(d.minimum)) to "
        + "\(Show.nanos(d.maximum)), median \(Show.nanos(d.median)), 95 % interval \(Show.nanos(interval.low)) to "
        + "\(Show.nanos(interval.high)), \(counts.mild) mild and \(counts.severe) severe outliers.")
  }

  private static func clamped(_ x: Double, _ half: Double) -> Double { min(width - half, max(half, x)) }

  private static func axis(_ picture: inout Picture, _ x: Scale) {
    picture.line(14, floor, width - 14, floor, "axis")
    let unit = AxisUnit(x.high)
    for tick in x.ticks(4) {
      picture.line(x.at(tick), floor + 26, x.at(tick), floor + 31, "axis")
      picture.text(clamped(x.at(tick), 26), floor + 46, unit.text(tick, step: (x.high - x.low) / 4))
    }
    picture.line(14, floor + 26, width - 14, floor + 26, "axis")
  }

  private static func samples(
    _ picture: inout Picture, _ values: [Double], _ fences: TukeyFences, _ x: Scale, _ high: Double
  ) {
    var beyond = 0
    for (i, value) in values.enumerated() {
      // Spread over three rows so that neighbours do not hide each other.
      let y = floor + 8 + Double(i % 3) * 5
      if value > high {
        beyond += 1
        continue
      }
      switch fences.label(value) {
      case .inside: picture.circle(x.at(value), y, 1.9, "dot")
      case .lowMild, .highMild: picture.circle(x.at(value), y, 3, "mild", tip: "mild outlier \(Show.nanos(value))")
      case .lowSevere, .highSevere: picture.cross(x.at(value), y, 3, "severe")
      }
    }
    if beyond > 0, let most = values.max() {
      picture.text(width - 14, 100, "\(beyond) beyond, to \(Show.nanos(most)) →", "warn", anchor: "end")
    }
  }
}

/// One unit for a whole axis.
struct AxisUnit {
  private let name: String
  private let scale: Double

  init(_ largestNanos: Double) {
    (name, scale) =
      largestNanos < 1e3 ? ("ns", 1) : largestNanos < 1e6 ? ("µs", 1e3) : largestNanos < 1e9 ? ("ms", 1e6) : ("s", 1e9)
  }

  func text(_ nanos: Double, step: Double) -> String {
    let places = step / scale >= 1 ? 0 : step / scale >= 0.1 ? 1 : step / scale >= 0.01 ? 2 : 3
    return Show.fixed(nanos / scale, places) + " " + name
  }
}
