import BenchmarkKit
import TestSupport
import Testing

@Suite("Statistics", .tags(.unit))
struct StatisticsTests {
  private static func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(a), abs(b))
  }

  // Values of numpy 2.4 (percentile, default method), worked by hand where they are short.
  @Test(
    "percentiles are linear between order statistics",
    arguments: [
      ([7.0], 95.0, 7.0), ([1, 2], 50, 1.5), ([1, 2, 3, 4], 25, 1.75), ([1, 2, 3, 4], 75, 3.25),
      ([4, 1, 3, 2], 100, 4), ([4, 1, 3, 2], 0, 1), ([15, 20, 35, 40, 50], 40, 29),
      ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 95, 9.55), ([3, 3, 3, 9], 50, 3),
    ])
  func percentile(values: [Double], percent: Double, expected: Double) {
    #expect(Self.near(SortedSample(values).percentile(percent), expected))
  }

  @Test("a sample is described as by hand")
  func description() {
    let d = Description([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(d.mean == 5 && d.median == 4.5 && d.minimum == 2 && d.maximum == 9 && d.count == 8)
    #expect(Self.near(d.standardDeviation, (32.0 / 7).squareRoot()))
    // Distances from 4.5: 2.5 .5 .5 .5 .5 .5 2.5 4.5.
    #expect(d.medianAbsoluteDeviation == 0.5)
    let one = Description([3])
    #expect(one.standardDeviation == 0 && one.medianAbsoluteDeviation == 0 && one.p99 == 3)
  }

  @Test("a large offset does not spoil mean and deviation")
  func offset() {
    let d = Description([4, 7, 13, 16].map { $0 + 1e9 })
    #expect(d.mean == 1e9 + 10)
    #expect(Self.near(d.standardDeviation, 30.0.squareRoot()))
  }

  @Test("outliers are labelled by Tukey's fences and stay in the sample")
  func tukey() {
    // Quartiles 2 and 4, range 2: fences at -4, -1, 7 and 10.
    let fences = TukeyFences([1, 2, 3, 4, 5])
    #expect(fences.lowSevere == -4 && fences.lowMild == -1 && fences.highMild == 7 && fences.highSevere == 10)
    let labels = [-4.5, -4, -1.5, -1, 7, 7.5, 10, 10.5].map { fences.label($0) }
    #expect(
      labels == [.lowSevere, .lowMild, .lowMild, .inside, .inside, .highMild, .highMild, .highSevere])
    let values = [1.0, 2, 3, 4, 5, 9, 100]
    let counts = OutlierCounts(values)
    #expect(counts.severe == 1 && counts.mild == 0)
    #expect(Description(values).maximum == 100)
  }

  @Test("a bootstrap interval is the same each time, holds the estimate, and narrows with more values")
  func bootstrap() {
    var random = SeededRandom(seed: 7)
    func values(_ count: Int) -> [Double] {
      (0..<count).map { _ in 100 + Double(random.next() % 1000) / 100 }
    }
    let few = values(20)
    let many = values(2000)
    let bootstrap = Bootstrap(resamples: 1000)
    let interval = bootstrap.interval(.median, of: few)
    #expect(interval == bootstrap.interval(.median, of: few))
    #expect(interval.contains(Description(few).median))
    let narrow = bootstrap.interval(.median, of: many)
    #expect(narrow.high - narrow.low < (interval.high - interval.low) / 3)
    #expect(bootstrap.interval(.mean, of: [5, 5, 5]) == Interval(low: 5, high: 5))
  }

  @Test("95 % intervals of the mean hold the true mean in about 95 % of cases")
  func coverage() {
    var random = SeededRandom(seed: 11)
    var held = 0
    for i in 0..<200 {
      // Uniform on 0..<1000, its mean 499.5.
      let values = (0..<40).map { _ in Double(random.next() % 1000) }
      if Bootstrap(resamples: 300, seed: UInt64(i)).interval(.mean, of: values).contains(499.5) { held += 1 }
    }
    // Four standard deviations of the count around a coverage of 94 %.
    #expect(held >= 174 && held <= 200, "\(held) of 200")
  }

  @Test("the area under a density is 1, and it is highest where the values are")
  func density() {
    let density = Density([10, 11, 11, 12, 30])
    let area = (-200...600).reduce(0) { $0 + density.at(Double($1) / 10) * 0.1 }
    #expect(Self.near(area, 1, 1e-3))
    #expect(density.at(11) > density.at(30) && density.at(30) > density.at(20))
    #expect(Density([5, 5, 5]).bandwidth > 0)
  }

  @Test("intervals of deviation and MAD hold what the sample has")
  func spread() {
    var random = SeededRandom(seed: 5)
    let values = (0..<80).map { _ in Double(random.next() % 1000) }
    let d = Description(values)
    let bootstrap = Bootstrap(resamples: 500)
    let deviation = bootstrap.interval(.standardDeviation, of: values)
    #expect(deviation.contains(d.standardDeviation) && deviation.low > 200 && deviation.high < 380)
    let mad = bootstrap.interval(.medianAbsoluteDeviation, of: values)
    #expect(mad.contains(d.medianAbsoluteDeviation) && mad.low > 100 && mad.high < 400)
  }

  @Test("the ratio of two samples is bracketed")
  func ratio() {
    var random = SeededRandom(seed: 3)
    let a = (0..<60).map { _ in 1000 + Double(random.next() % 100) }
    let b = a.map { $0 * 1.15 }
    let interval = Bootstrap(resamples: 1000).ratioInterval(.median, from: a, to: b)
    #expect(interval.low > 1.12 && interval.high < 1.18 && interval.contains(1.15))
    #expect(Bootstrap(resamples: 500).ratioInterval(.p95, from: a, to: a).contains(1))
  }

  @Test("linear sampling grows by equal steps and fits the time")
  func linear() {
    let plan = SamplingPlan(samples: 50, measureNanos: 1_000_000_000, nanosPerIteration: 1000)
    #expect(plan.mode == .linear)
    #expect(plan.iterations.count == 50 && plan.iterations[1] == 2 * plan.iterations[0])
    let total = Double(plan.iterations.reduce(0, +)) * 1000
    #expect(total > 0.9e9 && total < 1.1e9)
  }

  @Test("work that is too long for linear sampling gets equal samples of at least one iteration")
  func flat() {
    let plan = SamplingPlan(samples: 10, measureNanos: 1_000_000_000, nanosPerIteration: 3e8)
    #expect(plan.mode == .flat && plan.iterations == Array(repeating: 1, count: 10))
    let none = SamplingPlan(samples: 2, measureNanos: 0, nanosPerIteration: 10)
    #expect(none.iterations == [1, 1])
  }

  @Test("the slope leaves a cost that comes once a sample nearly out")
  func slope() {
    let samples = (1...40).map { Sample(iterations: $0 * 10, nanos: Int64($0 * 10 * 50)) }
    #expect(Self.near(Slope.nanosPerIteration(samples), 50) && Self.near(Slope.fit(samples), 1))
    let late = samples.map { Sample(iterations: $0.iterations, nanos: $0.nanos + 300) }
    let mean = Description(late.map(\.nanosPerIteration)).mean
    #expect(abs(Slope.nanosPerIteration(late) - 50) < abs(mean - 50) / 2)
  }
}
