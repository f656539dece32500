/// A range that holds the true value with a given confidence.
package struct Interval: Hashable, Sendable {
  package var low: Double
  package var high: Double
  package init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }
  package func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// What is estimated from a sample.
package enum Statistic: Hashable, Sendable {
  case mean
  /// 50 is the median.
  case percentile(Double)
  /// Of the sample, with n - 1.
  case standardDeviation
  /// The unscaled median distance from the median.
  case medianAbsoluteDeviation

  package static var median: Statistic { .percentile(50) }
  package static var p95: Statistic { .percentile(95) }

  /// What is told of every benchmark, with the name that it has in files.
  package static let described: [(name: String, statistic: Statistic)] = [
    ("median", .median), ("mean", .mean), ("p95", .p95), ("p99", .percentile(99)),
    ("standardDeviation", .standardDeviation), ("mad", .medianAbsoluteDeviation),
  ]

  package func of(_ values: [Double]) -> Double {
    switch self {
    case .mean: Description.mean(values)
    case .percentile(let percent): SortedSample(values).percentile(percent)
    case .standardDeviation: Description(values).standardDeviation
    case .medianAbsoluteDeviation: Description(values).medianAbsoluteDeviation
    }
  }
}

/// Bootstrap intervals (Efron 1979): the statistic of samples drawn with replacement, as often as `resamples` says. The
/// interval runs between percentiles of these (the percentile method). The random numbers come from a seed, so that the
/// same samples always give the same interval.
///
/// The values are taken to be independent. Slow phases of a machine make neighbours alike, and the interval too narrow:
/// that is why the gate asks several rounds to agree.
package struct Bootstrap: Sendable {
  package var resamples = 5_000
  package var confidence = 0.95
  package var seed: UInt64 = 0x9E37_79B9

  package init() {}

  package init(resamples: Int, seed: UInt64 = 0x9E37_79B9) {
    self.resamples = resamples
    self.seed = seed
  }

  package func interval(_ statistic: Statistic, of values: [Double]) -> Interval {
    var random = SplitMix64(seed: seed)
    var source = Resampled(values)
    return interval((0..<resamples).map { _ in source.draw(statistic, &random) })
  }

  /// Interval of `statistic(b) / statistic(a)`, both drawn anew each time.
  package func ratioInterval(_ statistic: Statistic, from a: [Double], to b: [Double]) -> Interval {
    var random = SplitMix64(seed: seed)
    var sourceA = Resampled(a)
    var sourceB = Resampled(b)
    return interval(
      (0..<resamples).map { _ in
        let base = sourceA.draw(statistic, &random)
        let now = sourceB.draw(statistic, &random)
        return base > 0 ? now / base : 1
      })
  }

  private func interval(_ estimates: [Double]) -> Interval {
    let sorted = SortedSample(estimates)
    let tail = (1 - confidence) / 2 * 100
    return Interval(low: sorted.percentile(tail), high: sorted.percentile(100 - tail))
  }
}

/// Draws from a sample with replacement. The sample is sorted once and a draw only counts how often each value was
/// taken,
/// so that no draw needs sorting.
private struct Resampled {
  private let sorted: [Double]
  private var taken: [Int]

  init(_ values: [Double]) {
    sorted = SortedSample(values).values
    taken = Array(repeating: 0, count: values.count)
  }

  mutating func draw(_ statistic: Statistic, _ random: inout SplitMix64) -> Double {
    let count = UInt64(sorted.count)
    if case .mean = statistic {
      var sum = 0.0
      for _ in 0..<sorted.count { sum += sorted[Int(random.next().multipliedFullWidth(by: count).high)] }
      return sum / Double(sorted.count)
    }
    for i in taken.indices { taken[i] = 0 }
    for _ in 0..<sorted.count { taken[Int(random.next().multipliedFullWidth(by: count).high)] += 1 }
    guard case .percentile(let percent) = statistic else {
      return statistic.of(sorted.indices.flatMap { repeatElement(sorted[$0], count: taken[$0]) })
    }
    let rank = percent / 100 * Double(sorted.count - 1)
    let below = min(Int(rank), sorted.count - 1)
    let low = value(atRank: below)
    let share = rank - Double(below)
    return share == 0 ? low : low + (value(atRank: below + 1) - low) * share
  }

  /// The value that stands at that place among those drawn, in order.
  private func value(atRank rank: Int) -> Double {
    // From the nearer end: most questions are for high percentiles.
    if rank * 2 < sorted.count {
      var left = rank
      var i = 0
      while left >= taken[i] {
        left -= taken[i]
        i += 1
      }
      return sorted[i]
    }
    var left = sorted.count - 1 - rank
    var i = sorted.count - 1
    while left >= taken[i] {
      left -= taken[i]
      i -= 1
    }
    return sorted[i]
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0..<1.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
