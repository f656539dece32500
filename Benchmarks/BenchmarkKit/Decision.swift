/// Whether one version is slower or faster than another, by samples that were taken in turns.
///
/// A regression is called only where three things hold: the 95th percentile of all samples grew by more than the limit,
/// its interval leaves "no change" out, and each round by itself shows more than half of the limit. The rounds are what
/// keeps a noisy machine from crying wolf: a slow phase hits one round, a slower program all of them. An improvement is
/// called by the same rules the other way round.
///
/// A round is judged by its fastest samples, at the 5th percentile: a machine's other work only ever makes samples
/// longer, so that the fastest ones are nearly the program's own even where most are disturbed, while a slower program
/// moves them as it moves all. By its 95th percentile, a busy machine hides 15 % or shows it where it is not.
///
/// Disturbed samples are counted and shown but not judged: on a shared machine the neighbours' phases would make up the
/// whole 95th percentile. A sample is disturbed when it lies more than five scaled MADs above the median of its version
/// in its round (Hampel's rule, which holds until half of the samples are disturbed; Tukey's fences give way at a
/// quarter). What gets slower only now and then, and then by far, is therefore for the report's plots to show.
package struct Decision: Sendable, Hashable {
  package enum Verdict: String, Sendable { case regression, improvement, noChange }

  /// One round: samples of both versions, taken in turns.
  package struct Round: Sendable {
    package var base: [Double]
    package var now: [Double]
    package init(base: [Double], now: [Double]) {
      self.base = base
      self.now = now
    }
  }

  /// Rounds that must agree.
  package static var leastRounds: Int { 3 }
  /// Growth of the 95th percentile that is a regression.
  package static var limit: Double { 0.10 }

  package let verdict: Verdict
  /// 95th percentiles of all samples, as far as judged.
  package let p95Base: Double
  package let p95Now: Double
  /// Now by base, of all samples.
  package let p95Ratio: Double
  package let p95Interval: Interval
  package let medianRatio: Double
  package let medianInterval: Interval
  /// Now by base, of each round's fastest samples.
  package let roundRatios: [Double]
  /// Disturbed samples, which were not judged.
  package let disturbedBase: Int
  package let disturbedNow: Int

  package init(_ rounds: [Round], limit: Double = Decision.limit, bootstrap: Bootstrap = Bootstrap()) {
    precondition(!rounds.isEmpty && rounds.allSatisfy { !$0.base.isEmpty && !$0.now.isEmpty })
    let judged = rounds.map {
      Round(base: Self.undisturbed($0.base), now: Self.undisturbed($0.now))
    }
    let base = judged.flatMap(\.base)
    let now = judged.flatMap(\.now)
    disturbedBase = rounds.reduce(0) { $0 + $1.base.count } - base.count
    disturbedNow = rounds.reduce(0) { $0 + $1.now.count } - now.count
    p95Base = Statistic.p95.of(base)
    p95Now = Statistic.p95.of(now)
    p95Ratio = Self.ratio(.p95, base, now)
    p95Interval = bootstrap.ratioInterval(.p95, from: base, to: now)
    medianRatio = Self.ratio(.median, base, now)
    medianInterval = bootstrap.ratioInterval(.median, from: base, to: now)
    roundRatios = rounds.map { Self.ratio(.percentile(5), $0.base, $0.now) }
    let isEnough = rounds.count >= Self.leastRounds
    let half = 1 + limit / 2
    if isEnough, p95Ratio > 1 + limit, p95Interval.low > 1, roundRatios.allSatisfy({ $0 > half }) {
      verdict = .regression
    } else if isEnough, p95Ratio < 1 / (1 + limit), p95Interval.high < 1, roundRatios.allSatisfy({ $0 < 1 / half }) {
      verdict = .improvement
    } else {
      verdict = .noChange
    }
  }

  /// A normal distribution's standard deviation by its MAD.
  private static var madScale: Double { 1.4826 }
  /// Resolution of a sample, as a share of the median: clocks and caches are no better.
  private static var resolution: Double { 0.002 }

  static func undisturbed(_ values: [Double]) -> [Double] {
    let description = Description(values)
    let deviation = max(description.medianAbsoluteDeviation * madScale, description.median * resolution)
    return values.filter { $0 <= description.median + 5 * deviation }
  }

  private static func ratio(_ statistic: Statistic, _ base: [Double], _ now: [Double]) -> Double {
    let from = statistic.of(base)
    return from > 0 ? statistic.of(now) / from : 1
  }
}
