import Synchronization

/// What a metric's numbers mean and how they are shown: the unit ends the shown name, the numbers are divided by
/// `divisor`.
package struct MetricUnit: Sendable, Equatable {
  package let suffix: String
  package let divisor: Double

  /// A plain number.
  package static let none = MetricUnit(suffix: "", divisor: 1)
  package static let bytes = MetricUnit(suffix: "bytes", divisor: 1)
  /// Kept in nanoseconds, shown in seconds, as Prometheus wants its base units.
  package static let nanosAsSeconds = MetricUnit(suffix: "seconds", divisor: 1e9)
}

/// One label of a series, such as `lane="3"`.
package struct MetricLabel: Sendable, Hashable {
  package let name: String
  package let value: String
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The metrics of one process by name. Registering and reading take a lock; writing to an instrument does not.
package final class Registry: Sendable {
  /// All series together, so that labels made from the feed's data cannot fill the memory.
  package let maximumSeries: Int

  private let families = Mutex<[Family]>([])

  package init(maximumSeries: Int = 4096) { self.maximumSeries = maximumSeries }

  /// 1, 2 and 5 times each power of ten from a microsecond to 50 seconds, in nanoseconds.
  package static var latencyBounds: [Int64] {
    var bounds: [Int64] = []
    var decade: Int64 = 1_000
    while decade <= 10_000_000_000 {
      bounds += [decade, 2 * decade, 5 * decade]
      decade *= 10
    }
    return bounds
  }

  /// All series of one name.
  struct Family: Sendable {
    let name: String
    let help: String
    let unit: MetricUnit
    let kind: Kind
    let bounds: [Int64]
    var series: [Series] = []

    /// The name, its unit, and `total` for counters.
    var shownName: String {
      name + (unit.suffix.isEmpty ? "" : "_" + unit.suffix) + (kind == .counter ? "_total" : "")
    }
  }

  enum Kind: Sendable { case counter, gauge, histogram }

  struct Series: Sendable {
    let labels: [MetricLabel]
    let instrument: Instrument
  }

  enum Instrument: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case number(@Sendable () -> Int)
    case buckets(@Sendable () -> HistogramSnapshot)
  }

  /// The counter of that name and these labels, new or known. Shown as `name[_unit]_total`.
  package func counter(
    _ name: String, help: String, unit: MetricUnit = .none, labels: [MetricLabel] = []
  ) throws(MetricsError) -> Counter {
    let family = Family(name: name, help: help, unit: unit, kind: .counter, bounds: [])
    let found = try instrument(family, labels) { .counter(Counter()) }
    guard case .counter(let counter) = found else { throw .conflict(metric: name) }
    return counter
  }

  /// The gauge of that name and these labels, new or known. Shown as `name[_unit]`.
  package func gauge(
    _ name: String, help: String, unit: MetricUnit = .none, labels: [MetricLabel] = []
  ) throws(MetricsError) -> Gauge {
    let family = Family(name: name, help: help, unit: unit, kind: .gauge, bounds: [])
    let found = try instrument(family, labels) { .gauge(Gauge()) }
    guard case .gauge(let gauge) = found else { throw .conflict(metric: name) }
    return gauge
  }

  /// The histogram of that name and these labels, new or known. Shown as `name[_unit]` with one bucket for each of
  /// `bounds`, which are in the histogram's own numbers, and one for everything.
  package func histogram(
    _ name: String, help: String, unit: MetricUnit = .nanosAsSeconds, bounds: [Int64] = Registry.latencyBounds,
    labels: [MetricLabel] = []
  ) throws(MetricsError) -> Histogram {
    try check(bounds, of: name)
    let family = Family(name: name, help: help, unit: unit, kind: .histogram, bounds: bounds)
    let found = try instrument(family, labels) { .histogram(Histogram()) }
    guard case .histogram(let histogram) = found else { throw .conflict(metric: name) }
    return histogram
  }

  private func check(_ bounds: [Int64], of name: String) throws(MetricsError) {
    let rises = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    guard let first = bounds.first, let last = bounds.last, rises, first >= 0, last <= Histogram.highestValue else {
      throw .badBounds(metric: name)
    }
  }

  /// A counter that is kept elsewhere: `read` is asked when the text is made, from any thread, and must never fall.
  package func counter(
    _ name: String, help: String, unit: MetricUnit = .none, labels: [MetricLabel] = [],
    read: @escaping @Sendable () -> Int
  ) throws(MetricsError) {
    let family = Family(name: name, help: help, unit: unit, kind: .counter, bounds: [])
    try attach(family, labels, .number(read))
  }

  /// A gauge that is kept elsewhere.
  package func gauge(
    _ name: String, help: String, unit: MetricUnit = .none, labels: [MetricLabel] = [],
    read: @escaping @Sendable () -> Int
  ) throws(MetricsError) {
    let family = Family(name: name, help: help, unit: unit, kind: .gauge, bounds: [])
    try attach(family, labels, .number(read))
  }

  /// A histogram that is kept elsewhere, perhaps in several that are added up.
  package func histogram(
    _ name: String, help: String, unit: MetricUnit = .nanosAsSeconds, bounds: [Int64] = Registry.latencyBounds,
    labels: [MetricLabel] = [], read: @escaping @Sendable () -> HistogramSnapshot
  ) throws(MetricsError) {
    try check(bounds, of: name)
    let family = Family(name: name, help: help, unit: unit, kind: .histogram, bounds: bounds)
    try attach(family, labels, .buckets(read))
  }

  /// What is kept elsewhere is named once: a second reading of the same series is a mistake.
  private func attach(_ family: Family, _ labels: [MetricLabel], _ reading: Instrument) throws(MetricsError) {
    var isNew = false
    _ = try instrument(family, labels) {
      isNew = true
      return reading
    }
    if !isNew { throw .conflict(metric: family.name) }
  }

  private func instrument(
    _ wanted: Family, _ labels: [MetricLabel], _ make: () -> Instrument
  ) throws(MetricsError) -> Instrument {
    guard Self.isName(wanted.name, colons: true) else { throw .badName(wanted.name) }
    var seen: Set<String> = []
    for label in labels {
      let isReserved = label.name.utf8.starts(with: "__".utf8) || label.name == "le" || label.name == "quantile"
      guard Self.isName(label.name, colons: false), !isReserved, seen.insert(label.name).inserted else {
        throw .badLabel(metric: wanted.name, label: label.name)
      }
    }
    return try families.withLock { (all) throws(MetricsError) -> Instrument in
      try Self.find(wanted, labels, in: &all, limit: maximumSeries, make)
    }
  }

  private static func find(
    _ wanted: Family, _ labels: [MetricLabel], in all: inout [Family], limit: Int, _ make: () -> Instrument
  ) throws(MetricsError) -> Instrument {
    let at = all.firstIndex { $0.name == wanted.name }
    if let at {
      let known = all[at]
      guard known.kind == wanted.kind, known.unit == wanted.unit, known.help == wanted.help,
        known.bounds == wanted.bounds
      else { throw .conflict(metric: wanted.name) }
      // Labels differ in order only: the same series.
      if let same = known.series.first(where: { Set($0.labels) == Set(labels) }) { return same.instrument }
    } else if all.contains(where: { $0.shownName == wanted.shownName }) {
      throw .conflict(metric: wanted.name)
    }
    guard all.reduce(0, { $0 + $1.series.count }) < limit else { throw .tooManySeries(limit: limit) }
    let new = make()
    if let at {
      all[at].series.append(Series(labels: labels, instrument: new))
    } else {
      var family = wanted
      family.series = [Series(labels: labels, instrument: new)]
      all.append(family)
    }
    return new
  }

  /// The families in the order in which they were first named.
  var current: [Family] { families.withLock { $0 } }

  static func isName(_ text: String, colons: Bool) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
      case 0x3A: colons
      default: false
      }
    }
  }
}
