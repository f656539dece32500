/// What a histogram held at about one moment.
///
/// Everything is derived from the buckets that were read, so percentiles and counts agree with each other even when the
/// writer went on meanwhile.
package struct HistogramSnapshot: Sendable, Equatable {
  /// Counts by bucket, up to the last that is not zero.
  let buckets: [Int]
  package let count: Int
  /// Sum of the values after clamping.
  package let sum: Double
  /// The highest value after clamping, exact; 0 when there is none.
  package let max: Int64
  /// Values below 0 or above `Histogram.highestValue`.
  package let clampedCount: Int

  init(buckets: [Int], sum: Double, max: Int64, clampedCount: Int) {
    self.buckets = buckets
    count = buckets.reduce(0, &+)
    self.sum = sum
    // The maximum may lag behind the buckets; it never lies below the last one's lowest value.
    let last = buckets.lastIndex { $0 != 0 }
    let atLeast = last.map { $0 == 0 ? 0 : Histogram.highestValue(of: $0 - 1) + 1 } ?? 0
    self.max = Swift.max(max, atLeast)
    self.clampedCount = clampedCount
  }

  package var mean: Double { count == 0 ? 0 : sum / Double(count) }

  /// The value at or below which `percent` of all values lie, rounded up within its bucket: never lower than the exact
  /// one, at most 1/1024 higher. 0 when there are no values.
  package func percentile(_ percent: Double) -> Int64 {
    guard count > 0, let last = buckets.indices.last else { return 0 }
    let inRange = Swift.min(Swift.max(percent.isNaN ? 100 : percent, 0), 100)
    // Multiplied first: 99.9 / 100 alone is a little too much already.
    let rank = Swift.min(Swift.max(Int((inRange * Double(count) / 100).rounded(.up)), 1), count)
    var seen = 0
    for (bucket, here) in buckets.enumerated() {
      seen += here
      if seen >= rank { return Swift.min(Histogram.highestValue(of: bucket), max) }
    }
    return Histogram.highestValue(of: last)
  }

  /// How many values lie at or below each of the rising `bounds`, to the precision of a bucket: values that share a
  /// bucket with a bound count as not above it.
  package func cumulativeCounts(at bounds: [Int64]) -> [Int] {
    var counts: [Int] = []
    var seen = 0
    var next = 0
    for bound in bounds {
      let end = Histogram.bucket(of: Swift.min(Swift.max(bound, 0), Histogram.highestValue))
      while next <= end && next < buckets.count {
        seen += buckets[next]
        next += 1
      }
      counts.append(seen)
    }
    return counts
  }

  /// What came since `earlier` was taken of the same histogram. The maximum is that of the last bucket in which
  /// anything came.
  package func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
    var new = buckets
    for (i, n) in earlier.buckets.enumerated() where i < new.count { new[i] = Swift.max(0, new[i] - n) }
    while new.last == 0 { new.removeLast() }
    let highest = new.indices.last.map { Swift.min(Histogram.highestValue(of: $0), max) } ?? 0
    return HistogramSnapshot(
      buckets: new, sum: Swift.max(0, sum - earlier.sum), max: highest,
      clampedCount: Swift.max(0, clampedCount - earlier.clampedCount))
  }

  /// Both together.
  package func merged(with other: HistogramSnapshot) -> HistogramSnapshot {
    let longer = buckets.count >= other.buckets.count ? buckets : other.buckets
    let shorter = buckets.count >= other.buckets.count ? other.buckets : buckets
    var both = longer
    for (i, n) in shorter.enumerated() { both[i] += n }
    return HistogramSnapshot(
      buckets: both, sum: sum + other.sum, max: Swift.max(max, other.max),
      clampedCount: clampedCount + other.clampedCount)
  }
}
