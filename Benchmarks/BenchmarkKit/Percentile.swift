/// Order statistics of a sample.
///
/// Percentiles are linear between order statistics at rank `p (n - 1)`: type 7 of Hyndman and Fan (1996), the default
/// of
/// R, numpy and Criterion. Of ten values the 95th percentile so lies between the two largest.
package struct SortedSample: Sendable {
  /// Ascending.
  package let values: [Double]

  /// The sample must not be empty and holds no NaN.
  package init(_ values: [Double]) {
    precondition(!values.isEmpty && !values.contains { $0.isNaN })
    self.values = values.sorted()
  }

  /// `percent` from 0 to 100.
  package func percentile(_ percent: Double) -> Double {
    precondition(percent >= 0 && percent <= 100)
    return Self.percentile(values, percent)
  }

  /// The same of values that are sorted already.
  static func percentile(_ sorted: [Double], _ percent: Double) -> Double {
    let rank = percent / 100 * Double(sorted.count - 1)
    let below = min(Int(rank), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    let share = rank - Double(below)
    // Written so that equal neighbours give exactly their value.
    return sorted[below] + (sorted[above] - sorted[below]) * share
  }

  package var median: Double { percentile(50) }
  package var minimum: Double { values[0] }
  package var maximum: Double { values[values.count - 1] }
}

/// Figures that describe one sample.
package struct Description: Hashable, Sendable {
  package let count: Int
  package let mean: Double
  /// Of the sample, with n - 1; 0 for a single value.
  package let standardDeviation: Double
  package let median: Double
  /// Median of the absolute distances from the median, not scaled to a normal distribution.
  package let medianAbsoluteDeviation: Double
  package let p95: Double
  package let p99: Double
  package let minimum: Double
  package let maximum: Double

  package init(_ values: [Double]) {
    let sorted = SortedSample(values)
    count = values.count
    let mean = Self.mean(values)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    let median = sorted.median
    self.median = median
    medianAbsoluteDeviation = SortedSample(values.map { abs($0 - median) }).median
    p95 = sorted.percentile(95)
    p99 = sorted.percentile(99)
    minimum = sorted.minimum
    maximum = sorted.maximum
  }

  /// The mean, corrected by the mean of what is left, which takes the rounding of the first sum out.
  static func mean(_ values: [Double]) -> Double {
    let first = values.reduce(0, +) / Double(values.count)
    return first + values.reduce(0) { $0 + ($1 - first) } / Double(values.count)
  }
}
