import BenchmarkKit
import Glibc

/// A change with its interval, for a row of a table: no change in the middle, slower to the right.
enum ChangePlot {
  static func svg(_ c: Comparison, limit: Double) -> String {
    var picture = Picture(180, 22)
    let x = Scale(-limit, limit, from: 6, to: 174)
    picture.rectangle(x.at(-Comparison.noiseThreshold), 1, x.at(0.02) - x.at(-0.02), 20, "band")
    picture.line(x.at(0), 1, x.at(0), 21, "axis")
    let style = c.verdict == .slower ? "slower" : c.verdict == .faster ? "faster" : "plain"
    let place = { (ratio: Double) in x.at(log2(max(ratio, 1e-6))) }
    picture.line(place(c.medianInterval.low), 11, place(c.medianInterval.high), 11, style)
    picture.circle(place(c.medianRatio), 11, 4, style)
    return picture.svg(
      title: "Change of \(c.name)",
      description: "\(Show.change(c.medianRatio)), 95 % interval \(Show.change(c.medianInterval.low)) to "
        + "\(Show.change(c.medianInterval.high)): \(c.verdict.rawValue)", style: "change")
  }

  /// Half the width of all rows in powers of two, so that they can be compared.
  static func limit(_ all: [Comparison]) -> Double {
    let ends = all.flatMap { [$0.medianInterval.low, $0.medianInterval.high] }.map { abs(log2(max($0, 1e-6))) }
    return min(2, max(0.1, ends.max() ?? 0.1))
  }
}

/// Latencies by percentile; both axes logarithmic, the percentiles by what is left above them.
enum LatencyPlot {
  static func svg(way: String, _ now: [LatencyFigures], base: [LatencyFigures]) -> String {
    let (width, height) = (520.0, 340.0)
    var picture = Picture(width, height)
    let all = (now + base).flatMap { $0.percentiles.map { Double(max(1, $0.nanos)) } }
    let lowest = pow(10, log10(all.min() ?? 1).rounded(.down))
    let highest = pow(10, log10(all.max() ?? 10).rounded(.up))
    let y = Scale(lowest, highest, .logarithmic, from: height - 40, to: 14)
    // 50, 90, 99, 99.9, 99.99 and the maximum one step further.
    let x = Scale(0.3, 5, from: 62, to: width - 92)
    func place(_ percentile: Double) -> Double { percentile >= 100 ? x.at(5) : x.at(-log10(1 - percentile / 100)) }
    for tick in y.ticks() {
      picture.line(62, y.at(tick), width - 92, y.at(tick), "grid")
      let label = Show.nanos(tick).replacing(".00", with: "").replacing(".0", with: "")
      picture.text(56, y.at(tick) + 4, label, anchor: "end")
    }
    for percentile in LatencyPoint.standard {
      picture.line(place(percentile), height - 40, place(percentile), height - 35, "axis")
      let name = percentile == 100 ? "max" : "p" + "\(percentile)".replacing(".0", with: "")
      picture.text(place(percentile), height - 20, name)
    }
    picture.line(62, height - 40, width - 92, height - 40, "axis")
    var labels: [(y: Double, text: String)] = []
    for (i, figures) in now.enumerated() {
      let points = figures.percentiles.map { (x: place($0.percentile), y: y.at(Double(max(1, $0.nanos)))) }
      let saturated = Highlights.isSaturated(figures)
      if let old = base.first(where: { $0.ratePerSecond == figures.ratePerSecond }) {
        picture.path(old.percentiles.map { (place($0.percentile), y.at(Double(max(1, $0.nanos)))) }, "old")
      }
      picture.path(points, "rate r\(i % 8)" + (saturated ? " saturated" : ""))
      for point in points { picture.circle(point.x, point.y, 2.6, "point r\(i % 8)") }
      if let last = points.last { labels.append((last.y, rate(figures.ratePerSecond) + (saturated ? " *" : ""))) }
    }
    // Labels that would meet are moved apart, from the lowest place up.
    var taken = height - 34
    for label in labels.sorted(by: { $0.y > $1.y }) {
      taken = min(label.y, taken - 14)
      picture.text(width - 84, taken + 4, label.text, anchor: "start")
    }
    return picture.svg(title: "Latency \(way) by percentile", description: description(now))
  }

  /// `500 k/s`, `2 M/s`.
  private static func rate(_ value: Double) -> String {
    Show.count(value).replacing(".00", with: "").replacing(".0", with: "") + "/s"
  }

  private static func description(_ all: [LatencyFigures]) -> String {
    all.map { f in
      "At \(Show.count(f.ratePerSecond)) events a second: median \(Show.nanos(Double(f.nanos(50) ?? 0))), "
        + "p99 \(Show.nanos(Double(f.nanos(99) ?? 0))), maximum \(Show.nanos(Double(f.nanos(100) ?? 0)))."
    }.joined(separator: " ")
  }
}

/// Medians of one benchmark over the kept results; results of other machines are hollow and not joined.
enum HistoryPlot {
  static func svg(_ name: String, _ runs: [RunResult]) -> String {
    var picture = Picture(360, 130)
    let points = runs.compactMap { run in run.benchmark(name).map { (run: run, value: $0.description.median) } }
    guard let last = points.last else { return "" }
    let y = Scale(0, (points.map(\.value).max() ?? 1) * 1.1, from: 100, to: 14)
    let x = Scale(0, Double(max(1, points.count - 1)), from: 66, to: 342)
    let unit = AxisUnit(y.high)
    for tick in y.ticks(3) {
      picture.line(58, y.at(tick), 350, y.at(tick), "grid")
      picture.text(54, y.at(tick) + 4, unit.text(tick, step: y.high / 3), anchor: "end")
    }
    for (i, point) in points.enumerated() {
      let place = (x: x.at(Double(i)), y: y.at(point.value))
      let same = point.run.environment.isSameMachine(as: last.run.environment)
      if i > 0, point.run.environment.isSameMachine(as: points[i - 1].run.environment) {
        picture.line(x.at(Double(i - 1)), y.at(points[i - 1].value), place.x, place.y, "curve")
      }
      let tip = "\(point.run.dateText.prefix(10)) \(point.run.name): \(Show.nanos(point.value)), "
        + "machine \(point.run.environment.machine)"
      picture.circle(place.x, place.y, 3.5, same ? "dot" : "mild", tip: tip)
    }
    picture.text(66, 122, "\(points[0].run.dateText.prefix(10)) \(points[0].run.name)", anchor: "start")
    if points.count > 1 { picture.text(350, 122, "\(last.run.dateText.prefix(10)) \(last.run.name)", anchor: "end") }
    let told = points.map { "\($0.run.dateText.prefix(10)) \($0.run.name) \(Show.nanos($0.value))" }
    return picture.svg(title: "History of \(name)", description: told.joined(separator: ", "))
  }
}
