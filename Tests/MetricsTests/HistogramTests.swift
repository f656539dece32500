import TestSupport
import Testing

@testable import Metrics

@Suite("Histogram")
struct HistogramTests {
  /// Values of very different size: short and long tails, small numbers, ends of the range.
  private func values(_ random: inout SeededRandom, _ count: Int) -> [Int64] {
    (0..<count).map { _ in
      let bits = Int.random(in: 0...41, using: &random)
      return Int64.random(in: 0...(Int64(2) << Int64(bits)) - 1, using: &random)
    }
  }

  private func filled(_ values: [Int64]) -> Histogram {
    let histogram = Histogram()
    for value in values { histogram.record(value) }
    return histogram
  }

  @Test("every bucket begins behind the one before and holds its own ends")
  func bucketsTile() {
    var next: Int64 = 0
    var wrong: [Int] = []
    for bucket in 0..<Histogram.bucketCount {
      let last = Histogram.highestValue(of: bucket)
      if last < next || Histogram.bucket(of: next) != bucket || Histogram.bucket(of: last) != bucket {
        wrong.append(bucket)
      }
      // The promise of three digits: no bucket is wider than a thousandth of what it holds.
      if (last - next) * 1000 > next { wrong.append(bucket) }
      next = last + 1
    }
    #expect(wrong.isEmpty)
    #expect(next == Histogram.highestValue + 1)
  }

  @Test(
    "percentiles are never below the exact ones and less than a thousandth above",
    arguments: 1...20 as ClosedRange<UInt64>)
  func percentiles(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let values = values(&random, Int.random(in: 1...5000, using: &random))
    let sorted = values.sorted()
    let snapshot = filled(values).snapshot()
    #expect(snapshot.count == values.count)
    #expect(snapshot.max == sorted.last)
    for percent in [0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100] {
      let rank = max(1, Int((percent * Double(sorted.count) / 100).rounded(.up)))
      let exact = sorted[rank - 1]
      let found = snapshot.percentile(percent)
      #expect(found >= exact && (found - exact) * 1000 <= exact, "seed \(seed), \(percent) %")
    }
  }

  @Test("small values come back exactly")
  func exactBelow2048() {
    let snapshot = filled((1...2000).map { Int64($0) }).snapshot()
    #expect(snapshot.percentile(50) == 1000)
    #expect(snapshot.percentile(99.9) == 1998)
    #expect(snapshot.percentile(100) == 2000)
    #expect(snapshot.mean == 1000.5)
  }

  @Test("merging gives what recording both would have given", arguments: 1...5 as ClosedRange<UInt64>)
  func mergeIsRecordBoth(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let first = values(&random, 700)
    let second = values(&random, 900) + [-5, .max]
    let both = filled(first + second).snapshot()
    let merged = filled(first)
    merged.merge(filled(second).snapshot())
    #expect(merged.snapshot() == both, "seed \(seed)")
    #expect(filled(first).snapshot().merged(with: filled(second).snapshot()) == both, "seed \(seed)")
    #expect(filled(second).snapshot().merged(with: filled(first).snapshot()) == both, "seed \(seed)")
  }

  @Test("recording many at once is recording each")
  func recordTimes() {
    let many = Histogram()
    many.record(1_234_567, times: 40)
    many.record(7, times: 0)
    many.record(7, times: -3)
    #expect(many.snapshot() == filled(Array(repeating: 1_234_567, count: 40)).snapshot())
  }

  @Test("values outside the range are clamped and counted")
  func clamped() {
    let snapshot = filled([-1, .min, .max, Histogram.highestValue + 1, Histogram.highestValue, 0]).snapshot()
    #expect(snapshot.count == 6)
    #expect(snapshot.clampedCount == 4)
    #expect(snapshot.max == Histogram.highestValue)
    #expect(snapshot.percentile(50) == 0)
    #expect(snapshot.percentile(51) == Histogram.highestValue)
  }

  @Test("an empty histogram answers zero, odd percentages are brought into range")
  func empty() {
    let none = Histogram().snapshot()
    #expect(none.count == 0 && none.max == 0 && none.mean == 0 && none.percentile(50) == 0)
    let some = filled([10, 20]).snapshot()
    #expect(some.percentile(-1) == 10)
    #expect(some.percentile(1000) == 20)
    #expect(some.percentile(.nan) == 20)
  }

  @Test("cumulative counts at bounds agree with counting, for bounds at the ends of buckets")
  func cumulative() {
    var random = SeededRandom(seed: 11)
    let values = values(&random, 3000)
    let bounds = [0, 1, 7, 2047, 2049, 4095, 1 << 20 - 1, 1 << 41 - 1].map { Int64($0) }
    let counts = filled(values).snapshot().cumulativeCounts(at: bounds)
    #expect(counts == bounds.map { bound in values.count { $0 <= bound } })
  }

  @Test("a reader beside the writer sees counts that only rise and percentiles within them")
  func readBesideWriter() async {
    let histogram = Histogram()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for i in 0..<20_000 { histogram.record(Int64(i % 3000)) } }
      group.addTask {
        var before = 0
        while before < 20_000 {
          let now = histogram.snapshot()
          #expect(now.count >= before)
          #expect(now.percentile(100) <= 2999)
          before = now.count
          await Task.yield()
        }
      }
    }
    #expect(histogram.snapshot().count == 20_000)
  }
}
