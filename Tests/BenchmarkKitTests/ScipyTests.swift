import BenchmarkKit
import Glibc
import TestSupport
import Testing

/// Our figures against those of numpy and scipy, which `tools/python-libraries` installs. Where that cannot be (no
/// PyPI) the published and pinned values of StatisticsTests stand alone.
@Suite("Statistics against scipy", .tags(.unit))
struct ScipyTests {
  private static let values: [Double] = {
    var random = SeededRandom(seed: 2026)
    return (0..<60).map { i in
      let base = 1000 + Double(random.next() % 10_000) / 50
      return i % 17 == 5 ? base * 1.8 : base
    }
  }()

  /// The lines that a command prints; nil where it fails.
  private static func lines(_ command: String) -> [String]? {
    guard let pipe = unsafe popen(command, "r") else { return nil }
    var text = ""
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe fread(&block, 1, block.count, pipe)
      if got == 0 { break }
      text += String(decoding: block[0..<got], as: UTF8.self)
    }
    guard unsafe pclose(pipe) == 0 else { return nil }
    return text.split(separator: "\n").map(String.init)
  }

  /// A Python that has both libraries; nil where they cannot be installed.
  private static let interpreter = lines("'\(Places.packageRoot)/tools/python-libraries'")?.last

  /// The numbers that a script prints, one a line.
  private static func python(_ script: String) -> [Double]? {
    let folder = TemporaryFolder()
    let path = folder.file("script.py")
    guard let interpreter, let file = unsafe fopen(path, "w") else { return nil }
    _ = unsafe fputs(script, file)
    unsafe fclose(file)
    return lines("'\(interpreter)' '\(path)'")?.compactMap { Double($0) }
  }

  private static let isThere = interpreter != nil

  @Test(
    "percentiles, deviation, MAD and quartiles equal numpy's and scipy's",
    .enabled(if: isThere, "numpy and scipy cannot be installed here; the pinned values of StatisticsTests stand"))
  func exact() throws {
    let list = Self.values.map { "\($0)" }.joined(separator: ",")
    let script = """
      import numpy as np
      from scipy import stats
      v = np.array([\(list)])
      q1, q3 = np.percentile(v, [25, 75])
      for x in (np.mean(v), np.std(v, ddof=1), np.median(v), stats.median_abs_deviation(v), np.percentile(v, 95),
                np.percentile(v, 99), q1 - 3 * stats.iqr(v), q1 - 1.5 * stats.iqr(v), q3 + 1.5 * stats.iqr(v),
                q3 + 3 * stats.iqr(v)):
          print(repr(float(x)))
      """
    let theirs = try #require(Self.python(script))
    let d = Description(Self.values)
    let f = TukeyFences(Self.values)
    let ours = [
      d.mean, d.standardDeviation, d.median, d.medianAbsoluteDeviation, d.p95, d.p99, f.lowSevere, f.lowMild,
      f.highMild, f.highSevere,
    ]
    try #require(theirs.count == ours.count)
    for (a, b) in zip(ours, theirs) { #expect(abs(a - b) <= 1e-10 * abs(b), "\(a) and \(b)") }
  }

  @Test(
    "bootstrap intervals equal scipy's percentile method up to the chance in both",
    .enabled(if: isThere, "numpy and scipy cannot be installed here; coverage is tested without"))
  func intervals() throws {
    let list = Self.values.map { "\($0)" }.joined(separator: ",")
    let script = """
      import numpy as np
      from scipy import stats
      v = np.array([\(list)])
      for f in (np.mean, np.median, lambda x, axis=-1: np.percentile(x, 95, axis=axis),
                lambda x, axis=-1: np.std(x, axis=axis, ddof=1),
                lambda x, axis=-1: stats.median_abs_deviation(x, axis=axis)):
          r = stats.bootstrap((v,), f, n_resamples=20000, method='percentile', rng=np.random.default_rng(1))
          print(r.confidence_interval.low); print(r.confidence_interval.high)
      """
    let theirs = try #require(Self.python(script))
    try #require(theirs.count == 10)
    for (i, statistic) in [Statistic.mean, .median, .p95, .standardDeviation, .medianAbsoluteDeviation].enumerated() {
      let ours = Bootstrap(resamples: 4000).interval(statistic, of: Self.values)
      let width = theirs[2 * i + 1] - theirs[2 * i]
      #expect(abs(ours.low - theirs[2 * i]) < width * 0.1, "\(statistic): \(ours)")
      #expect(abs(ours.high - theirs[2 * i + 1]) < width * 0.1, "\(statistic): \(ours)")
    }
  }

  @Test(
    "a density equals scipy's of the same bandwidth",
    .enabled(if: isThere, "numpy and scipy cannot be installed here; the density's area is tested without"))
  func density() throws {
    let ours = Density(Self.values, bandwidth: 20)
    let list = Self.values.map { "\($0)" }.joined(separator: ",")
    let places = [950.0, 1000, 1100, 1250, 1500, 2000]
    let script = """
      import numpy as np
      from scipy import stats
      v = np.array([\(list)])
      for y in stats.gaussian_kde(v, bw_method=20 / np.std(v, ddof=1))(\(places)): print(repr(float(y)))
      """
    let theirs = try #require(Self.python(script))
    try #require(theirs.count == places.count)
    for (x, y) in zip(places, theirs) { #expect(abs(ours.at(x) - y) <= 1e-9 * y + 1e-15, "at \(x)") }
  }
}
